// Loaded before everything (`node --import`) into a process whose clock is to be wrong by SKEW_MS.
const skewMs = Number(process.env['SKEW_MS'])
const Right = Date
const rightNow = Date.now
Right.now = () => rightNow() + skewMs
globalThis.Date = new Proxy(Right, {
  construct: (target, given, made) =>
    Reflect.construct(target, given.length > 0 ? given : [target.now()], made),
})
