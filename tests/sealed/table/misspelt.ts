// A property that is not there ends the program; nothing is undefined. `in` asks first.
type Order = { id: number; quantity: number };

const complete = (orders: Order[]) => orders.filter((order) => "quantity" in order);
const total = (orders: Order[]) => orders.reduce((sum, order) => sum + order.quantity, 0);

log("complete", complete(input).length, "with a total of", total(complete(input)));

return total(input);
