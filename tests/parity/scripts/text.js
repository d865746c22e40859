//// slicing
const s = 'abcdef'; return [s.slice(-3, -1), s.substring(4, 1), s.substr(-3, 2), s.at(-1), s.charAt(9), s[2], s.slice(2, 1), s.substring(NaN, 2), s.slice(undefined, -4)]
//// returns: ["de","bcd","de","f","","c","","ab","ab"]
//// searching
const s = 'banana'; return [s.indexOf('an', 2), s.lastIndexOf('an'), s.lastIndexOf('a', -5), s.includes('nan'), s.startsWith('na', 2), s.endsWith('ban', 3), s.search(/n/), s.indexOf(''), s.indexOf('', 99), s.lastIndexOf('')]
//// returns: [3,3,-1,true,true,true,2,0,6,6]
//// padding, repeating, trimming
return ['5'.padStart(3, '0'), '5'.padEnd(4, 'ab'), 'abc'.padStart(2), 'x'.padStart(5, ''), 'ab'.repeat(3), 'ab'.repeat(0), '\t \u00a0\ufeff\u2003x\u2029\n'.trim(), ' x '.trimStart(), ' x '.trimEnd(), '\u180ex'.trim().length, '\u0085x'.trim().length]
//// returns: ["005","5aba","abc","x","ababab","","x","x "," x",2,2]
//// what strings refuse
const t = (f) => { try { return f() } catch (e) { return e.name } }; return [t(() => 'a'.repeat(-1)), t(() => 'a'.repeat(Infinity)), t(() => 'a'.startsWith(/a/)), t(() => 'a'.replaceAll(/a/, 'b')), t(() => 'a'.matchAll(/a/)), t(() => 'a'.normalize('X')), t(() => String.fromCodePoint(-1)), t(() => String.fromCodePoint(0x110000)), t(() => `${Symbol()}`), t(() => String(Symbol('x'))), t(() => String.prototype.trim.call(null)), t(() => 'a'.repeat(2 ** 30))]
//// code points
const s = 'a😀\ud83d'; return [s.length, [...s].length, s.codePointAt(1), s.codePointAt(2), s.charCodeAt(1), String.fromCodePoint(128512, 97), String.fromCharCode(0xd83d, 0xde00), s.isWellFormed(), s.toWellFormed().at(-1), s.at(1) === '\ud83d', 'x'.codePointAt(5) === undefined]
//// returns: [4,3,128512,56832,55357,"\ud83d\ude00a","\ud83d\ude00",false,"\ufffd",true,true]
//// upper and lower case
return ['ß'.toUpperCase(), 'İ'.toLowerCase().length, 'ΑΣ'.toLowerCase(), 'ΑΣ Σ'.toLowerCase(), 'ﬁ'.toUpperCase(), 'ǆ'.toUpperCase(), '𐐨'.toUpperCase(), 'ŉ'.toUpperCase(), 'ԱՒ'.toLowerCase(), 'ᾳ'.toUpperCase(), 'ıi'.toUpperCase()]
//// locale case without a locale
return ['iI'.toLocaleUpperCase(), 'İI'.toLocaleLowerCase().length, 'ß'.toLocaleUpperCase()]
//// returns: ["II",3,"SS"]
//// locale case with a locale
return ['i'.toLocaleUpperCase('tr'), 'I'.toLocaleLowerCase('tr'), 'i'.toLocaleUpperCase('en')]
//// returns: ["I","i","I"]
//// normalize
const s = 'ñ', d = 'n\u0303'; return [s === d, s.normalize('NFD') === d, d.normalize() === s, 'ﬁ'.normalize('NFKC'), '\u1e9b\u0323'.normalize('NFKD').length, 'Å'.normalize('NFC').codePointAt(0), '한글'.normalize('NFD').length, '한글'.normalize('NFD').normalize('NFC') === '한글', '①²'.normalize('NFKC'), 'q\u0307\u0323'.normalize('NFC').length]
//// returns: [false,true,true,"fi",3,197,6,true,"12",3]
//// localeCompare of plain ASCII
return [['b', 'a', 'c'].sort((x, y) => x.localeCompare(y)), 'a'.localeCompare('a'), Math.sign('a'.localeCompare('b')), Math.sign('ab'.localeCompare('a')), 'a'.localeCompare(), 'undefined'.localeCompare()]
//// returns: [["a","b","c"],0,-1,1,-1,0]
//// localeCompare of case and accents
return [['b', 'A', 'a', 'B', 'á', 'z', 'Z', '1', '_'].sort((x, y) => x.localeCompare(y)), Math.sign('a'.localeCompare('B')), Math.sign('a'.localeCompare('A')), 'ñ'.localeCompare('n\u0303')]
//// returns: [["1","A","B","Z","_","a","b","z","\u00e1"],1,1,0]
//// toLocaleString of numbers, dates and arrays
return [(1234567.891).toLocaleString(), (0).toLocaleString(), [1.5, 2000].toLocaleString(), (12345n).toLocaleString()]
//// returns: ["1234567.891","0","1.5,2000","12345"]
//// toLocaleString of dates
const d = new Date(0); return [d.toLocaleDateString(), d.toLocaleTimeString(), d.toLocaleString()]
//// returns: ["01/01/1970","12:00:00 AM","01/01/1970, 12:00:00 AM"]
//// toLocaleString with options
return [(1234.5).toLocaleString('de'), (0.256).toLocaleString('en', {style: 'percent'}), new Date(0).toLocaleDateString('en', {year: 'numeric'})]
//// returns: ["1234.5","0.256","01/01/1970"]
//// HTML methods
return ['x'.anchor('"q"'), 'x'.bold(), 'x'.link('u'), 'x'.big(), 'x'.fontcolor('red')]
//// concat, at, split and raw joins
return ['a'.concat(1, null, [2]), 'a-b-c'.split('-', -1), 'abc'.at(NaN), 'a,b'.split(',', 0), 'abc'.concat()]
//// returns: ["a1null2",["a","b","c"],"a",[],"abc"]
//// replace with patterns
return ['abc'.replace('b', '[$`$&$\'$$$1]'), 'aaa'.replace('a', () => '$&'), 'aaa'.replaceAll('a', (m, i) => i), 'a.b.c'.replaceAll('.', ''), ''.replaceAll('', 'x'), 'ab'.replaceAll('', '-'), 'abc'.replace(undefined, 'x'), 'undefined'.replace(undefined)]
//// comparison and sorting of strings
return [['10', '9', '2', '1', 'B', 'a', 'Z', 'á'].sort(), 'a' < 'á', '\ud83d\ude00' < '\uffff', '' < ' ', 'Z' < 'a']
//// returns: [["1","10","2","9","B","Z","a","\u00e1"],true,true,true,true]
//// string iteration and destructuring
const [a, ...b] = '😀é!'; const {length, 0: first} = 'xy'; return [a, b, length, first, Array.from('a\u0301'), [...'👨‍👩‍👧'].length]
//// returns: ["\ud83d\ude00",["\u00e9","!"],2,"x",["a","\u0301"],5]
//// long strings
const s = 'abc'.repeat(10000); let t = ''; for (let i = 0; i < 3000; i++) t += i; return [s.length, s.slice(-4), s.indexOf('ca', 5), t.length, t.slice(-8), s.split('b').length, (s + t).at(-1), s === 'abc'.repeat(10000)]
//// returns: [30000,"cabc",5,10890,"29982999",10001,"9",true]
//// Number.prototype.toString in bases
return [(255).toString(16), (-255).toString(36), (0.5).toString(2), (0.1).toString(3), (1 / 3).toString(7), (123.456).toString(36), (2 ** 53).toString(2), (-0).toString(), (1e-7).toString(2).length, (5e-324).toString(2).length, Number.MAX_VALUE.toString(36).length]
//// large numbers in other bases
return [(1e21).toString(36), (2 ** 70).toString(7), (1e25).toString(3)]
//// differs: digits in other bases
//// Number.prototype.toString in base ten
return [1e21, 1e-7, 123456789012345680000, 0.000001, 1.7976931348623157e308, 5e-324, -1e-7, 100, 1.10, 4.35, 0.1 + 0.2, 2 ** 53 + 2, 1 / 3, 1e300 * 10, 123e-20, 2.5e-8, -0].map(String)
//// toFixed
return [(1.005).toFixed(2), (0.5).toFixed(0), (1.5).toFixed(0), (2.5).toFixed(0), (-1.5).toFixed(0), (1e21).toFixed(2), (0).toFixed(2), (-0).toFixed(1), (0.000001).toFixed(7), (123.456).toFixed(), (1.45).toFixed(1), (8.345).toFixed(2), (1e20).toFixed(3), (0.1).toFixed(20), (NaN).toFixed(2), (-0.0000001).toFixed(2), (10.235).toFixed(2), (1.23e-10).toFixed(2), (5e-324).toFixed(100).length]
//// toPrecision
return [(123.456).toPrecision(4), (0.000123).toPrecision(2), (1e21).toPrecision(3), (1.25).toPrecision(2), (1.35).toPrecision(2), (99.99).toPrecision(3), (0).toPrecision(3), (1e-7).toPrecision(1), (123456).toPrecision(2), (1.255).toPrecision(3), (15).toPrecision(1), (25).toPrecision(1), (0.1).toPrecision(21), (Infinity).toPrecision(5), (1e100).toPrecision(100).length]
//// toExponential
return [(123456).toExponential(2), (0).toExponential(), (0.00015).toExponential(0), (1.5).toExponential(0), (25).toExponential(0), (35).toExponential(0), (-1e-7).toExponential(3), (123).toExponential(), (1e21).toExponential(1), (0.1).toExponential(20), (NaN).toExponential(1), (12345).toExponential(3), (1.25).toExponential(1)]
//// what number formatting refuses
const t = (f) => { try { return f() } catch (e) { return e.name } }; return [t(() => (1).toFixed(101)), t(() => (1).toFixed(-1)), t(() => (1).toPrecision(0)), t(() => (1).toPrecision(101)), t(() => (1).toExponential(101)), t(() => (1).toString(1)), t(() => (1).toString(37)), t(() => (NaN).toFixed(101)), t(() => (NaN).toPrecision(0)), t(() => Number.prototype.toFixed.call('1')), t(() => (1).toString(undefined)), t(() => (1).toPrecision(undefined)), t(() => (1).toFixed('2'))]
//// reading numbers
return [Number(''), Number('  '), Number('1e1000') === Infinity, Number('0x'), Number('1,2'), Number('.5'), Number('+5'), Number('--5'), Number('Infinity') === Infinity, Number('infinity'), Number('0b2'), Number('12e'), Number([5]), Number([1, 2]), Number({}), Number(null), Number(undefined), Number(true), Number(new Date(5)), Number('1'.repeat(400)) === Infinity, Number('\u00a05\n'), Number('0.1e-400')].map(String)
//// Number statics
return [Number.MAX_SAFE_INTEGER, Number.EPSILON, Number.MIN_VALUE, Number.MAX_VALUE, Number.isInteger(5.0), Number.isSafeInteger(2 ** 53), Number.isNaN('x'), Number.parseFloat === parseFloat, Number.isInteger('5')]
//// Math to the last bit: exact functions
return [Math.round(-0.5), Math.round(2.5), Math.round(-2.5), Math.round(0.49999999999999994), Math.round(4503599627370495.5), Math.trunc(-4.7), Math.sign(-3), Math.cbrt(27), Math.sqrt(2), Math.fround(0.1), Math.hypot(3, 4), Math.clz32(1), Math.imul(0xffffffff, 5), Math.abs(-0), Math.floor(-0.5), Math.ceil(-0.5), Math.max(), Math.min(), Math.max(NaN, 1), Math.max(-0, 0), Math.hypot(), Math.hypot(NaN, Infinity)].map((x) => Object.is(x, -0) ? '-0' : String(x))
//// Math to the last bit: sin, cos, tan
const xs = [0, 0.1, 0.5, 1, 2, 3, Math.PI, 10, 100, 1e5, 1e22, -0.7, 1e-8]; return [xs.map(Math.sin), xs.map(Math.cos), xs.map(Math.tan)]
//// Math to the last bit: pow
const out = []; for (const x of [0.1, 1.1, 2, 3.7, 10, 99.9]) for (const y of [0.5, -1.5, 2, 3, 10.1, 1 / 3]) out.push(x ** y, Math.pow(x, -y)); return out
//// Math.sumPrecise is there on both or on neither
return [typeof Math.sumPrecise, typeof Math.f16round]
//// pow at the edges
return [1 ** Infinity, (-1) ** -Infinity, 0 ** -1, (-0) ** -1, (-0) ** 3, NaN ** 0, 2 ** 1024, 2 ** -1074, (-2) ** 0.5, 10 ** 21, 10 ** -5, 1.1 ** 100].map(String)
//// modulo and division
return [5 % -3, -5 % 3, 5.5 % 2, -0 % 1, 1 / -0, 0 / 0, Infinity % 2, 5 % Infinity, 1e17 % 7, 2 ** 53 % 3, -1 % 4294967296].map((x) => Object.is(x, -0) ? '-0' : String(x))
//// returns: ["2","-2","1.5","-0","-Infinity","NaN","NaN","5","5","2","-1"]
//// Math to the last bit: exp
return [0.1, 0.3, 0.5, 0.7, 0.99, 1, 1.5, 2, 3, 10, 100, 1e-8, 1e-300, 700].map(Math.exp).map(String)
//// differs: last bits of Math
//// Math to the last bit: log
return [0.1, 0.3, 0.5, 0.7, 0.99, 1, 1.5, 2, 3, 10, 100, 1e-8, 1e-300, 700].map(Math.log).map(String)
//// differs: last bits of Math
//// Math to the last bit: log2
return [0.1, 0.3, 0.5, 0.7, 0.99, 1, 1.5, 2, 3, 10, 100, 1e-8, 1e-300, 700].map(Math.log2).map(String)
//// Math to the last bit: log10
return [0.1, 0.3, 0.5, 0.7, 0.99, 1, 1.5, 2, 3, 10, 100, 1e-8, 1e-300, 700].map(Math.log10).map(String)
//// Math to the last bit: log1p
return [0.1, 0.3, 0.5, 0.7, 0.99, 1, 1.5, 2, 3, 10, 100, 1e-8, 1e-300, 700].map(Math.log1p).map(String)
//// Math to the last bit: expm1
return [0.1, 0.3, 0.5, 0.7, 0.99, 1, 1.5, 2, 3, 10, 100, 1e-8, 1e-300, 700].map(Math.expm1).map(String)
//// Math to the last bit: asin
return [0.1, 0.3, 0.5, 0.7, 0.99, 1, 1.5, 2, 3, 10, 100, 1e-8, 1e-300, 700].map(Math.asin).map(String)
//// Math to the last bit: acos
return [0.1, 0.3, 0.5, 0.7, 0.99, 1, 1.5, 2, 3, 10, 100, 1e-8, 1e-300, 700].map(Math.acos).map(String)
//// Math to the last bit: atan
return [0.1, 0.3, 0.5, 0.7, 0.99, 1, 1.5, 2, 3, 10, 100, 1e-8, 1e-300, 700].map(Math.atan).map(String)
//// Math to the last bit: sinh
return [0.1, 0.3, 0.5, 0.7, 0.99, 1, 1.5, 2, 3, 10, 100, 1e-8, 1e-300, 700].map(Math.sinh).map(String)
//// differs: last bits of Math
//// Math to the last bit: cosh
return [0.1, 0.3, 0.5, 0.7, 0.99, 1, 1.5, 2, 3, 10, 100, 1e-8, 1e-300, 700].map(Math.cosh).map(String)
//// differs: last bits of Math
//// Math to the last bit: tanh
return [0.1, 0.3, 0.5, 0.7, 0.99, 1, 1.5, 2, 3, 10, 100, 1e-8, 1e-300, 700].map(Math.tanh).map(String)
//// differs: last bits of Math
//// Math to the last bit: asinh
return [0.1, 0.3, 0.5, 0.7, 0.99, 1, 1.5, 2, 3, 10, 100, 1e-8, 1e-300, 700].map(Math.asinh).map(String)
//// differs: last bits of Math
//// Math to the last bit: acosh
return [0.1, 0.3, 0.5, 0.7, 0.99, 1, 1.5, 2, 3, 10, 100, 1e-8, 1e-300, 700].map(Math.acosh).map(String)
//// differs: last bits of Math
//// Math to the last bit: atanh
return [0.1, 0.3, 0.5, 0.7, 0.99, 1, 1.5, 2, 3, 10, 100, 1e-8, 1e-300, 700].map(Math.atanh).map(String)
//// Math to the last bit: cbrt
return [0.1, 0.3, 0.5, 0.7, 0.99, 1, 1.5, 2, 3, 10, 100, 1e-8, 1e-300, 700].map(Math.cbrt).map(String)
//// Math to the last bit: atan2
return [0.1, 0.5, 1, 2, 10].map((x) => Math.atan2(x, -x / 3) + Math.atan2(-x, 5))
//// Math to the last bit: hypot
return [Math.hypot(1, 2, 3), Math.hypot(0.1, 0.2, 0.3), Math.hypot(1e200, 1e200), Math.hypot(1e-200, 1e-200), Math.hypot(3, 4, 12)]
//// differs: last bits of Math
//// sums
return [0.1, 0.2, 0.3].reduce((a, b) => a + b)
//// returns: 0.6000000000000001
//// powers of two in base ten
const out = []; for (let e = -100; e < 100; e++) out.push(String(2 ** e)); return out
//// the shortest digits of some powers of two
return [2 ** -791, 2 ** -778, 2 ** -489, 2 ** 863].map(String)
//// random numbers in base ten
const d = new DataView(new ArrayBuffer(8)); const out = []; for (let i = 0; i < 500; i++) { d.setUint32(0, Math.random() * 2 ** 32); d.setUint32(4, Math.random() * 2 ** 32); const x = d.getFloat64(0); out.push(String(x), x.toPrecision(1 + i % 25), x.toExponential(i % 20)) } return out
//// random numbers in base two and sixteen
const out = []; for (let i = 0; i < 300; i++) { const x = (Math.random() - 0.5) * 10 ** (i % 40 - 15); out.push(x.toString(2), x.toString(16), (Math.round(x * 1000) / 1000).toFixed(i % 9)) } return out
//// random texts of numbers
const out = []; for (let i = 0; i < 500; i++) { const s = `${Math.floor(Math.random() * 1e16)}.${Math.floor(Math.random() * 1e16)}e${i - 300}`; out.push(String(Number(s)), String(parseFloat(s))) } return out
//// random integers and shifts
const out = []; for (let i = 0; i < 500; i++) { const x = (Math.random() - 0.5) * 2 ** (i % 80), y = Math.random() * 100; out.push([x | 0, x >>> 0, x << y, x >> y, x >>> y, String(x % y), Math.round(x), String(Math.fround(x)), String(Math.f16round(x))]) } return out
//// powers to whole exponents, to the last bit
const out = []; for (let i = 0; i < 2000; i++) { const x = Math.random() * 20, y = Math.floor(Math.random() * 40 - 20); out.push(String(x ** y)) } return out.join()
//// differs: last bits of Math
//// random BigInts
const out = []; let b = 3n; for (let i = 0; i < 100; i++) { b = b * 7919n + BigInt(Math.floor(Math.random() * 1e15)); if (b > 1n << 400n) b >>= 300n; const c = BigInt(Math.floor(Math.random() * 1e15)) - 500000000000000n; out.push(b.toString(36), String(b / c), String(-b % c), String(b & c), String(b ^ -c), String(-b >> 7n), String(Number(b)), String(BigInt.asIntN(64, b))) } return out
//// upper and lower case of all old letters
const out = []; for (let c = 0; c < 0x2000; c++) { const s = String.fromCharCode(c); out.push(s.toUpperCase(), s.toLowerCase()) } return out.join('').replace(/[^]{2}/g, (x) => x).length
//// returns: 16489
//// upper and lower case of letters of other Unicode versions
return ['\ua7cf', '\ua7d3', '\u{16ebb}'].map((s) => s.toUpperCase() === s)
//// differs: Unicode version
//// returns: [false,false,false]
//// classes of letters of other Unicode versions
return ['L', 'Lu', 'Ll', 'N', 'P', 'S', 'Alphabetic', 'Script=Han'].map((p) => { const r = new RegExp(`^\\p{${p}}$`, 'u'); let n = 0; for (let c = 0; c < 0x3400; c++) if (r.test(String.fromCodePoint(c))) n++; for (let c = 0x16e00; c < 0x16f00; c++) if (r.test(String.fromCodePoint(c))) n++; return n })
//// differs: Unicode version
//// returns: [6343,1036,1206,662,487,3627,7169,344]
//// decompositions of all old letters
const out = []; for (let c = 0; c < 0x3400; c++) { const s = String.fromCharCode(c); if (s.normalize('NFD') !== s) out.push(s.normalize('NFD')) } return out
//// white space, by trim and by class
const out = []; for (let c = 0; c < 0x10000; c++) { const s = String.fromCharCode(c); if (/\s/.test(s) || s.trim() === '') out.push(c) } return out
//// case is folded alike in regular expressions
const out = []; for (let c = 0; c < 0x3000; c++) { const s = String.fromCharCode(c); if (/[a-zµß-ɏα-ωа-я]/i.test(s)) out.push(c); if (/[a-zµß-ɏα-ωа-я]/iu.test(s)) out.push(-c) } return out
