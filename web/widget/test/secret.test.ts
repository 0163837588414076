import { afterEach, expect, test, vi } from 'vitest';
import { suspicions } from '../src/secret.ts';
import { confirmed } from '../src/words.ts';

/** BIP-39 test vector 1 of the reference implementation, and its layouts as people paste them. */
const PHRASE =
  'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about';
const HEX = '4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318';

const kinds = (text: string) => suspicions(text).map((each) => each.kind);

test.each([
  PHRASE,
  PHRASE.toUpperCase(),
  PHRASE.replaceAll(' ', ', '),
  PHRASE.replaceAll(' ', '\n'),
  PHRASE.split(' ')
    .map((word, index) => `${index + 1}. ${word}`)
    .join('\n'),
  PHRASE.split(' ')
    .map((word, index) => `${index + 1}）${word}`)
    .join(' '),
  PHRASE.replaceAll(' ', '\u3000'),
  PHRASE.replaceAll('abandon', 'aban\u200bdon'),
  PHRASE.replace(/[a-z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0)),
  '的 一 是 在 不 了 有 和 人 这 中 大',
  '的，一，是，在，不，了，有，和，人，这，中，大',
  'あいこくしん あいさつ あいだ あおぞら あかちゃん あきる あけがた あける あこがれる あさい あさひ あしあと',
  '가격 가끔 가난 가능 가득 가르침 가뭄 가방 가상 가슴 가운데 가을',
])('suspects a phrase: %s', (text) => {
  const [found] = suspicions(`我的助记词：${text}。请帮我看看`);
  expect(found?.kind).toBe('recovery_phrase');
  expect(found?.words?.length).toBeGreaterThanOrEqual(12);
});

test('gives the range in the text as typed', async () => {
  lists({ english: 'abandon about' });
  const text = `My words: ${PHRASE.replaceAll('abandon', 'aban\u200bdon')} (12). Help me`;
  const [suspicion] = suspicions(text);
  const found = suspicion && (await confirmed(suspicion, 'https://zero.example'));
  expect(found?.words).toHaveLength(12);
  const cut = text.slice(0, found?.start) + text.slice(found?.end);
  expect(cut).not.toContain('about');
  expect(cut).toBe('My words:  (12). Help me');
});

test.each([
  [HEX, ['unproven_hex']],
  [`my private key ${HEX}`, ['private_key']],
  [`私钥：0x${HEX}`, ['private_key']],
  [`txid ${HEX}`, []],
  [`交易哈希 ${HEX}`, []],
  [`0x${HEX}`, ['unproven_hex']],
  [`https://tronscan.org/#/transaction/${HEX}`, []],
  ['5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ', ['private_key']],
  ['KwdMAjGmerYanjeui5SHS7JkmpZvVipYvB2LJGU1ZxJwYvP98617', ['private_key']],
  ['6PRVWUbkzzsbcVac2qwfssoUJAN1Xhrg6bNk8J7Nzm5H7kxEbn2Nh2ZoGg', ['private_key']],
  [
    'xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi',
    ['private_key'],
  ],
  [
    '{"version":3,"crypto":{"cipher":"aes-128-ctr","ciphertext":"00","kdf":"scrypt"}}',
    ['keystore'],
  ],
  [
    'wc:7f6e504bfad60b485450578e05678ed3e8e8c4751d3c6160be17160d63ec90f9@2?relay-protocol=irn&symKey=587d5484ce2a2a6e',
    ['wallet_connect'],
  ],
  ['TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t 转错了', []],
  ['0x71C7656EC7ab88b098defB751B7401B5f6d8976F', []],
  ['我的转账一直没有到账，已经等了三个小时，交易所说已经打包成功了，请问是什么原因呢', []],
  ['I sent it to an old address of mine on TRON and it is not there', []],
])('%s', (text, expected) => {
  expect(kinds(text)).toEqual(expected);
});

afterEach(() => {
  vi.unstubAllGlobals();
});

/** A stand-in for the desk's lists: the confirming logic is under test, not the lists. */
function lists(content: Record<string, string>) {
  const asked: string[] = [];
  vi.stubGlobal('fetch', async (url: string) => {
    const name = /words\/(\w+)\.txt/.exec(url)?.[1] ?? '';
    asked.push(name);
    return name in content ? new Response(content[name]) : new Response('', { status: 404 });
  });
  return asked;
}

test('confirms with the list, forgives one mistyped word, and lets ordinary words pass', async () => {
  const asked = lists({
    english:
      'abandon\nability\nable\nabout\nabove\nabsent\nabsorb\nabstract\nabsurd\nabuse\naccess\naccident',
  });
  const phrase =
    'abandon ability able about above absent absorb abstract absurd abuse access accident';
  const check = async (text: string) => {
    const [found] = suspicions(text);
    return found ? (await confirmed(found, 'https://one.example')) !== null : false;
  };
  expect(await check(phrase)).toBe(true);
  expect(await check(phrase.replace('absurd', 'absrud'))).toBe(true);
  expect(await check(`please help with this wallet now ${phrase} thanks`)).toBe(true);
  expect(
    await check(
      'the money that was sent this morning from the exchange has not come and the app says done',
    ),
  ).toBe(false);
  expect(asked).toEqual(['english']);
});

test('asks rather than stays silent when a list cannot be fetched', async () => {
  lists({});
  const [found] = suspicions('的 一 是 在 不 了 有 和 人 这 中 大');
  expect(found && (await confirmed(found, 'https://two.example'))).toEqual(found);
});
