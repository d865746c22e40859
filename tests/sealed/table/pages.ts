// All items of a paged list: each page names the next one until there is none.
const collect = async (cursor: string, items: number[], pages: number) => {
  const page = await effects.list({ cursor });
  const all = items.concat(page.items);
  if (page.next === JsonNull || pages === input.most) return { items: all, pages, isWhole: page.next === JsonNull };
  return await collect(page.next, all, pages + 1);
};

return await collect("", [], 1);
