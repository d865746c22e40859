// A turnstile as two functions that call each other, each being a state; coins that were put in are counted.
const locked = (events: string[], coins: number, alarms: number) => {
  if (events.length === 0) return { state: "locked", coins, alarms };
  const [event, ...rest] = events;
  return event === "coin" ? unlocked(rest, coins + 1, alarms) : locked(rest, coins, alarms + 1);
};

const unlocked = (events: string[], coins: number, alarms: number) => {
  if (events.length === 0) return { state: "unlocked", coins, alarms };
  const [event, ...rest] = events;
  return event === "push" ? locked(rest, coins, alarms) : unlocked(rest, coins + 1, alarms);
};

return locked(input.split(" ").filter((word) => word !== ""), 0, 0);
