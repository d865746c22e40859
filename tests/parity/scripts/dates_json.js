//// the clock of the run
return [Date.now(), new Date().toISOString(), new Date().getTime() === +new Date(), typeof Date(), Date() === new Date().toString()]
//// returns: [1700000000000,"2023-11-14T22:13:20.000Z",true,"string",true]
//// the clock moves with the answers
const a = Date.now(); await tools.echo({value: 1}); const b = Date.now(); for (let i = 0; i < 1e4; i++); const c = Date.now(); await tools.echo({value: 1}); return [b - a, c - b, Date.now() - c]
//// returns: [250,0,250]
//// everything is UTC
const d = new Date(2024, 1, 29, 12, 34, 56, 789); return [d.toISOString(), d.getTimezoneOffset(), d.getHours() === d.getUTCHours(), d.getDay(), new Date(2024, 6).getTimezoneOffset()]
//// returns: ["2024-02-29T12:34:56.789Z",0,true,4,0]
//// texts of dates
const d = new Date(Date.UTC(2024, 0, 5, 3, 4, 5)); return [d.toString(), d.toDateString(), d.toTimeString(), d.toUTCString(), d.toJSON(), `${d}`, d + 1, d - 1]
//// far and negative years
return [new Date(-1e15).toISOString(), new Date(8.64e15).toISOString(), String(new Date(8.64e15 + 1)), new Date(Date.UTC(-1, 0)).toISOString(), new Date(-62198755200000).toString(), new Date(Date.UTC(99, 0)).getUTCFullYear(), new Date(8.64e15).toUTCString()]
//// invalid dates
const d = new Date(NaN); const t = (f) => { try { return f() } catch (e) { return e.name } }; return [String(d), String(d.getTime()), t(() => d.toISOString()), d.toJSON(), t(() => new Date(Symbol())), String(new Date(undefined)), +new Date(null), String(Date.UTC())]
//// returns: ["Invalid Date","NaN","RangeError",null,"TypeError","Invalid Date",0,"NaN"]
//// reading dates: the standard form
const t = (s) => String(Date.parse(s)); return ['2024', '2024-02', '2024-02-30', '2024-02-29', '2024-02-29T12:30', '2024-02-29T12:30Z', '2024-02-29T12:30:15.1234Z', '2024-02-29T24:00Z', '2024-02-29T25:00Z', '+275760-09-13T00:00:00.000Z', '-000001-01-01T00:00Z', '2024-13-01', '2024-02-29T12:30+05:30', '-000000-01-01T00:00Z'].map(t)
//// reading dates: what it printed itself
const d = new Date(1700000000000); return [Date.parse(d.toString()), Date.parse(d.toUTCString()), Date.parse(d.toISOString()), Date.parse(d.toDateString())].map(String)
//// returns: ["1700000000000","1700000000000","1700000000000","1699920000000"]
//// reading dates: other forms
const t = (s) => String(Date.parse(s)); return ['Feb 29 2024', '29 Feb 2024 10:00', '2/29/2024', 'Thu, 29 Feb 2024 10:00:00 GMT', '2024/02/29', 'Thu Feb 29 2024 10:00:00 GMT+0200', 'February 29, 2024 3:04 PM'].map(t)
//// reading dates: nonsense
const t = (s) => String(Date.parse(s)); return ['', 'x', '2024-2-3', '2024-02-29 12:30', '12', '2024-02-29T1:30', 'Feb 31 2024', '1/2', 'today', '2024-W05'].map(t)
//// setters overflow and return the time
const d = new Date(Date.UTC(2024, 0, 31)); return [d.setUTCMonth(1), d.toISOString(), d.setUTCHours(25, 61, 61, 1001), d.toISOString(), d.setUTCDate(0), d.setUTCFullYear(2023, 1, 29), String(d.setTime(NaN)), d.setUTCFullYear(2000), d.toISOString()]
//// Date.UTC and the constructor
return [Date.UTC(2024, 12), Date.UTC(2024), Date.UTC(0), new Date(2024, 0).getTime(), new Date(99, 0).getFullYear(), new Date(100, 0).getFullYear(), new Date(2024, 0, 1, 0, 0, 0, 0.9).getMilliseconds(), new Date(new Date(5)).getTime(), new Date('5').getTime === undefined, new Date(1.9).getTime(), new Date(-1.9).getTime(), new Date([2024]).getTime(), new Date(true).getTime()].map(String)
//// getYear, setYear and toGMTString
const d = new Date(0); return [d.getYear(), d.setYear(99), d.getUTCFullYear(), Date.prototype.toGMTString === Date.prototype.toUTCString]
//// returns: [70,915148800000,1999,true]
//// Date as a constructor and function
class D extends Date {} return [new D(5).getTime(), D.now === Date.now, Date.length, Date.name, Object.prototype.toString.call(new Date(0)), Date.prototype.constructor === Date, new Date(0) instanceof Date, Reflect.construct(Date, [7], D) instanceof D, typeof new Date(0)[Symbol.toPrimitive]('number')]
//// returns: [5,true,7,"Date","[object Date]",true,true,true,"number"]
//// JSON.stringify
const o = {a: undefined, b: () => 1, c: Symbol(), d: NaN, e: -0, f: new Date(0), g: [undefined, () => 1, Infinity], h: null, i: new Map([[1, 2]]), j: Object(1), k: /x/, 'l"': '\u2028\ud83d\n\u007f'}
return [JSON.stringify(o), JSON.stringify(undefined) === undefined, JSON.stringify('\ud800'), JSON.stringify({toJSON: (k) => `k${k}`}), JSON.stringify([new String('s')])]
//// JSON.stringify with replacers
const log = []; const o = {b: 1, a: {c: 2, b: 3}, d: [1, {b: 5}]}; return [JSON.stringify(o, ['b', 'd', 1]), JSON.stringify(o, (k, v) => (log.push(k), typeof v === 'number' ? v * 2 : v)), log, JSON.stringify(o, (k, v) => k === 'a' ? undefined : v), JSON.stringify({1: 1, 2: 2}, [2, 1, '2']), JSON.stringify([1], () => undefined) === undefined]
//// JSON.stringify with indents
return [JSON.stringify({a: [1, {b: 2}], c: [], d: {}}, null, 2), JSON.stringify([1], null, '--'), JSON.stringify([1], null, 20), JSON.stringify([1], null, 'abcdefghijklmn'), JSON.stringify({}, null, 2)]
//// JSON.stringify refuses
const t = (f) => { try { return f() } catch (e) { return e.name } }; const c = {}; c.c = c; return [t(() => JSON.stringify(c)), t(() => JSON.stringify(1n)), t(() => JSON.stringify({get a() { throw new RangeError() }})), t(() => JSON.stringify({toJSON: () => c}))]
//// returns: ["TypeError","TypeError","RangeError","TypeError"]
//// JSON.parse
const t = (s) => { try { return JSON.parse(s) } catch (e) { return e.name } }; return [t(' {"a" : [1, 2e3, -0, "\\u0041\\n"]}\n'), t('{"a":1,"a":2}'), t('01'), t('1.'), t('.5'), t("'a'"), t('[1,]'), t('{a:1}'), t('"\t"'), t('"\\x41"'), t('nul'), t(''), t('1 2'), t('\u00a01'), t('"\u2028"'), t('-'), t('"\\ud83d\\ude00"'), t('1e400') === Infinity, t('[,1]'), t('+1'), t('\ufeff1')]
//// JSON.parse with a reviver
const log = []; const v = JSON.parse('{"a":[1,{"b":2}],"c":3}', function (k, v) { log.push(k); return k === 'b' ? undefined : typeof v === 'number' ? v + 1 : v }); return [v, log, JSON.parse('[1,2]', (k, v) => k === '0' ? undefined : v).length]
//// returns: [{"a":[2,{}],"c":4},["0","b","1","a","c",""],2]
//// JSON.parse tells the reviver its source, on both or on neither
const seen = []; JSON.parse('[1.0, "x"]', (k, v, c) => (seen.push(typeof c), v)); return [seen, typeof JSON.rawJSON, typeof JSON.isRawJSON]
//// returns: [["object","object","object"],"function","function"]
//// keys of parsed objects
return [Object.keys(JSON.parse('{"b":1,"2":1,"a":1,"1":1,"__proto__":1}')), JSON.stringify(JSON.parse('{"10":1,"9":1,"x":{"z":1,"y":1}}')), Object.getPrototypeOf(JSON.parse('{"__proto__":[]}')) === Object.prototype]
//// returns: [["1","2","b","a","__proto__"],"{\"9\":1,\"10\":1,\"x\":{\"z\":1,\"y\":1}}",true]
//// JSON.stringify with an indent below one
return JSON.stringify([1], null, 0.9)
//// differs: indent below one
//// returns: "[1]"
//// random dates
const out = []; for (let i = 0; i < 300; i++) { const d = new Date((Math.random() - 0.5) * 1.6e16); out.push([d.toISOString(), d.toString(), d.toUTCString(), d.getDay(), Date.parse(d.toISOString()) === d.getTime()]) } return out
//// random setters of dates
const n = () => Math.floor(Math.random() * 200 - 100); const out = []; for (let i = 0; i < 300; i++) { const d = new Date(Math.floor(Math.random() * 4e12)); d.setMonth(n()); d.setHours(n(), n(), n(), n()); d.setDate(n()); out.push(d.getTime(), Date.UTC(n() + 2000, n(), n(), n())) } return out
//// reading dates: other forms with a day that is none
return ['3/55/2024', 'Feb 0 2024 21:21', '7538-2-58', 'Feb 16 2024 11:83'].map((s) => String(Date.parse(s)))
//// differs: dates in other forms
//// returns: ["1709251200000","1706822460000","-376012800000","NaN"]
