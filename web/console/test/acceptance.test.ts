import { describe, expect, it } from 'vitest';
import { kindOf, limitOf } from '../src/reply/acceptance';

const kind = (name: string, type = '') => kindOf({ name, type });

describe('a file', () => {
  it('is a text by its ending or its type, however the system types it', () => {
    expect(kind('app.log', 'text/x-log')).toBe('text');
    expect(kind('app.LOG', 'application/octet-stream')).toBe('text');
    expect(kind('app.log')).toBe('text');
    expect(kind('data.csv', 'application/vnd.ms-excel')).toBe('text');
    expect(kind('state.json', 'application/json')).toBe('text');
    expect(kind('notes', 'text/markdown')).toBe('text');
  });

  it('is a picture of a kind that can be shown', () => {
    expect(kind('a.png', 'image/png')).toBe('picture');
    expect(kind('a.JPEG')).toBe('picture');
    expect(kind('a.svg', 'image/svg+xml')).toBe('other');
  });

  it('is left to the desk when nothing is known, and refused when it is something else', () => {
    expect(kind('core')).toBe('unknown');
    expect(kind('a.pdf', 'application/pdf')).toBe('other');
  });

  it('has the limit of its kind', () => {
    const limits = { upload_bytes: 900, text_upload_bytes: 300 };
    expect(limitOf('text', limits)).toBe(300);
    expect(limitOf('picture', limits)).toBe(900);
    expect(limitOf('unknown', limits)).toBe(900);
    expect(limitOf('text', { ...limits, upload_bytes: 100 })).toBe(100);
  });
});
