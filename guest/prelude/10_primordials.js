// The built-ins that the prelude itself uses, taken before any script runs. A script cannot reach these bindings, and
// the objects behind them are frozen in 80_harden.js, so what is called here is always the engine's own function.

const {
    Array, ArrayBuffer, Boolean, Date, Error, JSON, Map, Math, Number, Object, Promise, Proxy, RangeError, Reflect,
    RegExp, Set, String, Symbol, SyntaxError, TypeError, Uint8Array, WeakMap, WeakSet, globalThis: realm,
} = globalThis;

const bindCall = Function.prototype.call.bind(Function.prototype.bind, Function.prototype.call);
const { apply, getPrototypeOf, ownKeys } = Reflect;
const { create, defineProperty, freeze, getOwnPropertyDescriptor, keys } = Object;
const { isArray } = Array;
const { isFinite } = Number;
const { stringify: quote } = JSON;
const { floor, imul, min } = Math;
const { parseInt } = globalThis;
const clock = Date.now;

const arrayValues = Array.prototype.values;
const arrayJoin = bindCall(Array.prototype.join);
const arrayPush = bindCall(Array.prototype.push);
const isWellFormed = bindCall(String.prototype.isWellFormed);
const toWellFormed = bindCall(String.prototype.toWellFormed);
const stringSlice = bindCall(String.prototype.slice);
const stringSplit = bindCall(String.prototype.split);
const mapDelete = bindCall(Map.prototype.delete);
const mapGet = bindCall(Map.prototype.get);
const mapSet = bindCall(Map.prototype.set);
const mapKeys = bindCall(Map.prototype.keys);
const mapSize = bindCall(getOwnPropertyDescriptor(Map.prototype, 'size').get);
const weakGet = bindCall(WeakMap.prototype.get);
const weakSet = bindCall(WeakMap.prototype.set);
const weakAdd = bindCall(WeakSet.prototype.add);
const weakHas = bindCall(WeakSet.prototype.has);
const promiseThen = bindCall(Promise.prototype.then);
const toBase64 = bindCall(Uint8Array.prototype.toBase64);
const fromBase64 = Uint8Array.fromBase64;
const typedArrayTag = bindCall(getOwnPropertyDescriptor(getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag).get);
const symbolDescription = bindCall(getOwnPropertyDescriptor(Symbol.prototype, 'description').get);
