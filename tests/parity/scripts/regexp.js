//// match, groups and index
const m = 'x2024-05-06'.match(/(?<y>\d{4})-(?<m>\d\d)-(\d\d)/); return [m.index, [...m], {...m.groups}, m.input, m.length, Object.keys(m), Object.getPrototypeOf(m.groups)]
//// matchAll, replace with groups and functions
const s = 'a1b22'; return [[...s.matchAll(/[a-z](\d+)/g)].map((m) => [m[1], m.index]), s.replace(/(?<l>[a-z])(\d)/g, '$2$<l>$$$&[$`|$\']'), s.replace(/\d+/g, (m, i, all) => `<${m}@${i}/${all.length}>`), s.replaceAll('b', '$&$&'), s.replace(/(?<n>\d)/, (...a) => JSON.stringify(a.at(-1)))]
//// lastIndex of global and sticky
const g = /a/g, y = /a/y; return [g.test('ba'), g.lastIndex, g.test('ba'), g.lastIndex, y.test('ba'), (y.lastIndex = 1, y.test('ba')), y.lastIndex, 'aab'.replace(/a/y, 'x'), 'baa'.split(/a/y), /b/y[Symbol.match]('ab')]
//// returns: [true,2,false,0,false,true,2,"xab",["b","",""],null]
//// lookbehind and lookahead
return ['$10 €20 30'.match(/(?<=[$€])\d+/g), 'a1b2'.replace(/(?<!a)\d/g, '#'), 'foobar'.match(/foo(?=bar)/)[0], 'foobaz'.match(/foo(?!bar)/).index, 'abc'.match(/(?<=(\w)(\w))c/).slice(1), 'aaa'.replace(/(?<=^a)a/, 'X')]
//// returns: [["10","20"],"a1b#","foo",0,["a","b"],"aXa"]
//// unicode and surrogates
return ['😀'.match(/^.$/) === null, '😀'.match(/^.$/u)[0].length, /\u{1F600}/u.test('😀'), '😀'.split('').length, [...'😀'.matchAll(/./gu)].length, /^\S$/u.test('😀'), /[😀]/u.test('\ud83d'), '\ud83dx'.replace(/\ud83d/u, 'y'), /\udf06/u.test('\ud834\udf06')]
//// returns: [true,2,true,2,1,true,false,"yx",false]
//// unicode properties
return [/^\p{Lu}\p{Ll}+$/u.test('Élan'), 'a١२z'.match(/\p{Nd}/gu), /\p{Script=Greek}/u.test('π'), /\p{Emoji_Presentation}/u.test('😀'), /\P{ASCII}/u.test('abc'), /^\p{ID_Start}$/u.test('変'), /\p{Script_Extensions=Hira}/u.test('ー'), 'naïve café'.match(/\p{L}+/gu)]
//// returns: [true,["\u0661","\u0968"],true,true,false,true,true,["na\u00efve","caf\u00e9"]]
//// the v flag: sets, subtraction and strings
return [/^[\p{L}--[a-z]]$/v.test('Z'), /^[\p{L}--[a-z]]$/v.test('z'), /^[[a-f]&&[d-k]]+$/v.test('def'), /^\p{RGI_Emoji}$/v.test('👨‍👩‍👧'), /^[\q{abc|d}x]$/v.test('abc'), 'ab'.match(/[\q{ab|a}]/v)[0], /[^\d]/v.unicodeSets]
//// returns: [true,false,true,true,true,"ab",true]
//// flags
const r = /x/dgimsuy; return [r.flags, r.hasIndices, r.global, r.ignoreCase, r.multiline, r.dotAll, r.unicode, r.sticky, new RegExp(r, 'g').flags, new RegExp('a/b\n').source, String(new RegExp('')), RegExp('[/]').source, Object.keys(r)]
//// returns: ["dgimsuy",true,true,true,true,true,true,true,"g","a\\/b\\n","/(?:)/","[/]",[]]
//// the d flag gives indices
const m = /a(?<n>b)?(c)?/d.exec('xab'); return [m.indices[0], m.indices[1], m.indices[2] === undefined, m.indices.groups.n]
//// returns: [[1,3],[2,3],true,[2,3]]
//// the s and m flags
return [/a.b/.test('a\nb'), /a.b/s.test('a\nb'), 'a\nb\r\nc\u2028d'.match(/^./gm), 'a\nb'.match(/$/gm).length, /^b/.test('a\nb')]
//// returns: [false,true,["a","b","c","d"],2,false]
//// ignoring case
return [/é/i.test('É'), /ß/i.test('ẞ'), /ß/iu.test('ẞ'), /[^x]/iu.test('X'), /\u212a/i.test('k'), /\u212a/iu.test('k'), /[\w]/iu.test('ſ'), /Σ/i.test('ς'), /[a-z]/i.test('\u0130'), /\b/iu.test('ſ')]
//// returns: [true,false,true,false,false,true,true,true,false,true]
//// backreferences
return [/(a)\1/.test('aa'), /(?<q>['"]).*?\k<q>/.exec(`x "it's" y`)[0], /\1(a)/.exec('a')[0], /(?:(a)|b)*/.exec('ab').slice(0), /(z)((a+)?(b+)?(c))*/.exec('zaacbbbcac').slice(0), /(?=(a+))a*b\1/.exec('baaabac')[0]]
//// returns: [true,"\"it's\"","a",["ab",null],["zaacbbbcac","z","ac","a",null,"c"],"aba"]
//// duplicate named groups
const r = /(?<y>\d{4})-\d\d|\d\d-(?<y>\d{4})/; return [r.exec('05-1999').groups.y, r.exec('2001-02').groups.y, '1999-05'.replace(r, '$<y>')]
//// returns: ["1999","2001","1999"]
//// modifiers
return [/a(?i:b)c/.test('aBc'), /a(?i:b)c/.test('aBC'), /(?-i:a)b/i.test('aB'), /(?s:.)./.test('\n\n'), /(?m:^b)/.test('a\nb')]
//// returns: [true,false,true,false,true]
//// quantifiers, lazy and empty
return ['aaa'.match(/a{2}/)[0], 'aaa'.match(/a{1,}?/)[0], 'aaa'.match(/a*?$/)[0], ''.match(/x*/).length, 'abc'.split(/(?:)/), 'abc'.replace(/x*/g, '-'), /a{,2}/.test('a{,2}'), /x{2/.test('x{2'), '😀b'.replace(/(?:)/g, '-').length, '😀b'.replace(/(?:)/gu, '-')]
//// returns: ["aa","a","aaa",1,["a","b","c"],"-a-b-c-",true,true,7,"-\ud83d\ude00-b-"]
//// split
return ['a, b,c'.split(/\s*,\s*/), 'a1b2'.split(/(\d)/), 'abc'.split('', 2), ''.split(''), ''.split('x'), 'abc'.split(), 'aXbxc'.split(/x/i, 2), 'a😀'.split('').length, 'ab'.split(/(?=b)/)]
//// returns: [["a","b","c"],["a","1","b","2",""],["a","b"],[],[""],["abc"],["a","b"],3,["a","b"]]
//// what cannot be a regular expression
const t = (s, f) => { try { return new RegExp(s, f).source } catch (e) { return e.name } }; return [t('('), t('['), t('*'), t('a{2,1}'), t('\\u{1}', 'u'), t('\\p{Nope}', 'u'), t('(?<a>.)(?<a>.)'), t('x', 'gg'), t('x', 'uv'), t('\\k<a>', 'u'), t('(?<a'), t('[b-a]'), t('{1}', 'u'), t(']', 'u'), t('\\c', 'u'), t('[a&&&b]', 'v'), t('(?i-i:a)')]
//// annex B forms
return [/\1/.test('\u0001'), /[\b]/.test('\b'), /\c/.source, /]/.test(']'), /\_/.test('_'), /\08/.test('\u00008'), /[\c_]/.test('\u001f'), /(?=a)*/.test(''), /{/.test('{'), /\u{2}/.test('uu'), /a\d-z/.test('a1-z'), /[\d-z]/.test('-')]
//// returns: [true,true,"\\c",true,true,true,true,true,true,true,true,true]
//// Symbol.replace and its kin on own classes
class S { get flags() { return 'g' } constructor(s) { this.s = s } [Symbol.split](x) { return x.split(this.s).length } [Symbol.replace](x, y) { return `${x}>${y}` } [Symbol.search]() { return 42 } [Symbol.match](x) { return ['m', x] } [Symbol.matchAll](x) { return [x] } }
const s = new S('b'); return ['abc'.split(s), 'abc'.replace(s, 'q'), 'abc'.search(s), 'abc'.match(s), 'abc'.matchAll(s)]
//// returns: [2,"abc>q",42,["m","abc"],["abc"]]
//// what exec is asked for
const log = []; class R extends RegExp { exec(s) { log.push(`exec ${this.lastIndex}`); return super.exec(s) } get flags() { log.push('flags'); return super.flags } } const r = new R('a', 'g'); return ['aba'.replace(r, 'x'), log.splice(0), 'aba'.match(r), log.splice(0), 'aba'.search(r), log.splice(0), 'aba'.split(r), log.splice(0), r.test('a'), log]
//// RegExp.escape
return [RegExp.escape('1a.b*c-d e\n/'), RegExp.escape('(x)'), RegExp.escape('😀_'), new RegExp(RegExp.escape('a+b')).test('a+b')]
//// returns: ["\\x31a\\.b\\*c\\x2dd\\x20e\\n\\/","\\(x\\)","\ud83d\ude00_",true]
//// legacy statics are gone
/(a)/.test('a'); return [RegExp.$1 === undefined, RegExp.lastMatch === undefined, RegExp['$&'] === undefined, RegExp.input === undefined, typeof /x/.compile]
//// returns: [true,true,true,true,"function"]
//// groups of nothing
return [/a/.exec('a').groups === undefined, /(?<a>x)?b/.exec('b').groups.a === undefined, 'b'.replace(/(?<a>x)?b/, '[$<a>$1$2$0]'), 'b'.replace(/(x)?b/, (m, a) => typeof a), 'x'.replace('x', '$1$&')]
//// case conversion in classes with ignoreCase and v
return [/[^\P{Lowercase_Letter}]/iv.test('A'), /\P{Lu}/iu.test('A'), /[^\p{Lu}]/iu.test('a'), /\p{Lu}/iv.test('a')]
//// returns: [true,true,false,true]
//// long alternations and nested quantifiers
const words = Array.from({length: 300}, (_, i) => `w${i}`); const r = new RegExp(`^(?:${words.join('|')})$`); return [r.test('w299'), r.test('w300'), /^(?:a?){20}a{20}$/.test('a'.repeat(20)), 'x'.repeat(1000).match(/^(?:x{1,10}){1,200}$/)[0].length]
//// returns: [true,false,true,1000]
