// An order's life as a table: an event that its state has no entry for is refused and changes nothing.
const transitions = {
  new: { pay: "paid", cancel: "cancelled" },
  paid: { ship: "shipped", refund: "refunded" },
  shipped: { deliver: "delivered", lose: "lost" },
  lost: { refund: "refunded" },
  delivered: { refund: "refunded" },
  cancelled: {},
  refunded: {},
};

const step = ({ state, refused }, event: string) => {
  const next = transitions[state];
  return event in next
    ? { state: next[event], refused }
    : { state, refused: [...refused, `${event} when ${state}`] };
};

return input.map((events: string[]) => events.reduce(step, { state: "new", refused: [] }));
