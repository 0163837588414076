// The few parts of RFC 6455 that the development desk needs: text frames up to 64 kB, ping, close.
import { createHash } from 'node:crypto';

/** Answers the upgrade and calls `onText` for each text frame. Returns { send, close }. */
export function accept(request, socket, onText, onClose) {
  const key = createHash('sha1')
    .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${key}\r\n\r\n`,
  );
  let buffered = Buffer.alloc(0);
  let parts = [];
  const write = (opcode, payload) => socket.writable && socket.write(frame(opcode, payload));
  socket.on('data', (chunk) => {
    buffered = Buffer.concat([buffered, chunk]);
    for (;;) {
      const next = parse(buffered);
      if (!next) return;
      buffered = buffered.subarray(next.length);
      if (next.opcode === 8) socket.end(frame(8, next.payload));
      else if (next.opcode === 9) write(10, next.payload);
      else if (next.opcode <= 1) {
        parts.push(next.payload);
        if (next.final) {
          const text = Buffer.concat(parts).toString('utf8');
          parts = [];
          onText(text);
        }
      }
    }
  });
  socket.on('close', onClose);
  socket.on('error', () => socket.destroy());
  return {
    send: (value) => write(1, Buffer.from(JSON.stringify(value))),
    close: () => socket.destroy(),
  };
}

function frame(opcode, payload) {
  const { length } = payload;
  if (length < 126) return Buffer.concat([Buffer.from([0x80 | opcode, length]), payload]);
  if (length < 65_536) {
    return Buffer.concat([Buffer.from([0x80 | opcode, 126, length >> 8, length & 255]), payload]);
  }
  const header = Buffer.alloc(10);
  header[0] = 0x80 | opcode;
  header[1] = 127;
  header.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([header, payload]);
}

function parse(buffer) {
  if (buffer.length < 6) return null;
  let length = buffer[1] & 127;
  let at = 2;
  if (length === 126) {
    length = buffer.readUInt16BE(2);
    at = 4;
  } else if (length === 127) {
    length = Number(buffer.readBigUInt64BE(2));
    at = 10;
  }
  if (buffer.length < at + 4 + length) return null;
  const mask = buffer.subarray(at, at + 4);
  const payload = Buffer.from(buffer.subarray(at + 4, at + 4 + length));
  for (let index = 0; index < length; index += 1) payload[index] ^= mask[index & 3];
  return { final: buffer[0] >= 128, opcode: buffer[0] & 15, payload, length: at + 4 + length };
}
