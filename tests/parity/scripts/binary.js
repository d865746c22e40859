//// conversions into typed arrays
const vs = [-1, 255.5, 256, 1e10, NaN, Infinity, -0, 2 ** 31, 0.5, 1.5, 2.5, '7']; const out = {}; for (const T of [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array]) out[T.name] = Array.from(T.from(vs)); return out
//// floats of every width
const out = {}; for (const T of [Float16Array, Float32Array, Float64Array]) out[T.name] = Array.from(T.of(0.1, 65504, 65520, 1e-8, 1 / 3, -0, 5.960464477539063e-8)).map(String); return [out, Math.f16round(1.337), Math.fround(5.5), Math.f16round(65519)]
//// BigInt typed arrays
const a = new BigInt64Array([2n ** 63n, -1n]), u = new BigUint64Array(a.buffer); const t = (f) => { try { return String(f()) } catch (e) { return e.name } }; return [...a, ...u].map(String).concat(t(() => { a[0] = 1 }), t(() => BigInt64Array.from([1])), t(() => new Uint8Array([1n])))
//// views of one buffer
const b = new ArrayBuffer(8), u8 = new Uint8Array(b), u32 = new Uint32Array(b, 4, 1), f = new Float32Array(b); u32[0] = 0x3f800000; return [Array.from(u8), f[1], u32.byteOffset, u32.byteLength, u8.subarray(4, 6).byteOffset, u8.slice(4).byteOffset]
//// returns: [[0,0,0,0,0,0,128,63],1,4,4,4,0]
//// typed array methods
const a = Uint8Array.of(3, 1, 2); return [Array.from(a.toSorted()), Array.from(a.map((x) => x * 100)), a.join(), a.at(-1), Array.from(a.with(0, 9)), Array.from(a.toReversed()), a.findLast((x) => x > 1), Array.from(a.fill(7, 1)), a.includes(7), a.indexOf(7), [...a.entries()], Array.from(a.subarray(1)), a.reduce((x, y) => x + y), Object.keys(a), String(a)]
//// typed arrays sort numbers
return [Array.from(new Float64Array([3, -0, 0, NaN, -Infinity, 10, 9]).sort()).map((x) => Object.is(x, -0) ? '-0' : String(x)), Array.from(new Int8Array([5, -5, 1]).sort((a, b) => b - a))]
//// returns: [["-Infinity","-0","0","3","9","10","NaN"],[5,1,-5]]
//// typed array set, from and overlap
const a = new Uint8Array([1, 2, 3, 4, 5]); a.set(a.subarray(0, 3), 1); const t = (f) => { try { return f() } catch (e) { return e.name } }; return [Array.from(a), t(() => a.set([1, 2], 4)), t(() => a.set([1], -1)), Array.from(Uint8Array.from({length: 2, 0: 5, 1: 6}, (x) => x * 2)), Array.from(a.copyWithin(0, 3)), Array.from(new Uint8Array(new Set([1, 2])))]
//// returns: [[1,1,2,3,5],"RangeError","RangeError",[10,12],[3,5,2,3,5],[1,2]]
//// typed arrays out of bounds and odd keys
const a = new Uint8Array(2); a[5] = 1; a['-0'] = 1; a['1.5'] = 1; a['01'] = 'own'; a.x = 2; return [a.length, 5 in a, '-0' in a, a[5] === undefined, Object.keys(a), a['01'], delete a.x, Object.getOwnPropertyDescriptor(a, 0)]
//// construction errors
const t = (f) => { try { return f() } catch (e) { return e.name } }; const b = new ArrayBuffer(8); return [t(() => new Uint32Array(b, 1)), t(() => new Uint32Array(b, 0, 3)), t(() => new Uint16Array(new ArrayBuffer(3))), t(() => Uint8Array(1)), t(() => new Uint8Array(-1)), t(() => new ArrayBuffer(-1)), t(() => new Uint8Array(2 ** 53)), t(() => new DataView(b, 9)), t(() => new DataView({})), t(() => new ArrayBuffer(1e15))]
//// DataView of every type and both ends
const d = new DataView(new ArrayBuffer(16)); d.setInt16(0, -2); d.setUint32(2, 0xdeadbeef, true); d.setFloat64(6, Math.PI); d.setFloat16(14, 1.5); const t = (f) => { try { return f() } catch (e) { return e.name } }
return [Array.from(new Uint8Array(d.buffer)), d.getUint8(2), d.getInt8(2), d.getUint16(0, true), d.getInt32(2), d.getFloat32(6), d.getFloat64(6), d.getFloat16(14), d.getBigInt64(0).toString(), d.getBigUint64(8, true).toString(), t(() => d.getInt8(16)), t(() => d.setInt32(13, 1)), t(() => d.getInt8(-1))]
//// ArrayBuffer: slice, resize, transfer
const b = new ArrayBuffer(4, {maxByteLength: 8}), u = new Uint8Array(b); u[3] = 9; b.resize(6); const l1 = u.length; b.resize(2); const l2 = u.length; const c = b.transfer(3); const t = (f) => { try { return f() } catch (e) { return e.name } }
return [l1, l2, u.length, b.detached, c.byteLength, c.resizable, c.maxByteLength, t(() => b.slice(0)), t(() => c.resize(99)), c.transferToFixedLength().resizable, b.byteLength, ArrayBuffer.isView(u), ArrayBuffer.isView(new DataView(new ArrayBuffer(1)))]
//// returns: [6,2,0,true,3,true,8,"TypeError","RangeError",false,0,true,true]
//// views of a resized buffer
const b = new ArrayBuffer(8, {maxByteLength: 16}); const fixed = new Uint8Array(b, 4, 4), tail = new Uint8Array(b, 4), d = new DataView(b, 6); b.resize(6); const a = [fixed.length, fixed.byteOffset, tail.length]; const t = (f) => { try { return f() } catch (e) { return e.name } }; b.resize(12); return [a, fixed.length, tail.length, d.byteLength, (b.resize(1), tail.length), t(() => d.byteLength), t(() => fixed.fill(1))]
//// returns: [[0,0,2],4,8,6,0,"TypeError","TypeError"]
//// base64 and hex of Uint8Array
const u = new Uint8Array([251, 255, 0, 1]); const t = (f) => { try { return f() } catch (e) { return e.name } }; return [u.toBase64(), u.toBase64({alphabet: 'base64url', omitPadding: true}), u.toHex(), Array.from(Uint8Array.fromHex('00ffA0')), Array.from(Uint8Array.fromBase64(' Zm9v YmE= ')), t(() => Uint8Array.fromHex('0')), t(() => Uint8Array.fromBase64('Zg')), t(() => Uint8Array.fromBase64('Z')), t(() => Uint8Array.fromBase64('Zh==', {lastChunkHandling: 'strict'})), u.setFromHex('0102'), u.setFromBase64('AwQF')]
//// typed array prototypes and species
const TA = Object.getPrototypeOf(Uint8Array); const t = (f) => { try { return f() } catch (e) { return e.name } }; return [TA.name, t(() => new TA()), t(() => TA.prototype.length), Uint8Array.BYTES_PER_ELEMENT, Object.prototype.toString.call(new Uint8Array()), TA.prototype[Symbol.toStringTag] === undefined, Object.getOwnPropertyNames(Uint8Array.prototype).sort()]
//// typed array iteration while the buffer shrinks
const b = new ArrayBuffer(4, {maxByteLength: 4}); const u = new Uint8Array(b); const out = []; try { for (const x of u) { out.push(x); if (out.length === 2) b.resize(1) } } catch (e) { out.push(e.name) } return out
//// returns: [0,0]
//// floats to their bytes
const bits = (x) => Array.from(new Uint8Array(new Float64Array([x]).buffer)); return [bits(0.1), bits(-0), bits(Number.MIN_VALUE), bits(Number.MAX_VALUE), bits(Infinity), bits(5e-324 / 2)]
//// canonical NaN
return [Array.from(new Uint8Array(new Float64Array([NaN]).buffer)), Array.from(new Uint8Array(new Float32Array([NaN]).buffer)), Array.from(new Uint8Array(new Float64Array([0 / 0]).buffer))]
//// returns: [[0,0,0,0,0,0,248,127],[0,0,192,127],[0,0,0,0,0,0,248,127]]
//// the sign of a negated NaN
return Array.from(new Uint8Array(new Float64Array([-NaN]).buffer))
//// differs: bits of a NaN
