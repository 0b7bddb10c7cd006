using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Commerce.Kernel;

namespace Commerce.Carts;

/// <summary>
/// The lines of a cart in the order they came. Invariants: <c>ids are unique</c>; <c>1 ≤ quantity ≤ 1,000,000</c>; <c>total = Σ line amounts</c>,
/// to the minor unit.
/// </summary>
/// <param name="Items">The lines.</param>
public sealed record CartLines(ImmutableArray<CartLine> Items)
{
    /// <summary>No lines.</summary>
    public static readonly CartLines None = new([]);

    /// <summary>A line by its id.</summary>
    public CartLine? Find(string id) => Items.FirstOrDefault(line => line.Id == id);

    /// <summary>Σ line amounts.</summary>
    public Money Total(Currency currency) => Items.Aggregate(Money.Zero(currency), (sum, line) => sum + line.Amount);

    /// <summary>
    /// Names what the shopper agrees to: currency, and id, SKU, quantity and price of every line in order. Control characters part the
    /// fields, and none of them can hold one, so no two carts are written alike.
    /// </summary>
    public string QuoteHash(Currency currency)
    {
        var text = new StringBuilder(currency.Value);
        foreach (var line in Items)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{line.Id}\t{line.Sku}\t{line.Quantity}\t{line.UnitPrice.Amount:0.######}");
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())).AsSpan(0, 16));
    }

    /// <summary>Each of these lines as it is from now on: in its old place, or at the end.</summary>
    public CartLines With(ImmutableArray<CartLine> put)
    {
        var places = Places();
        var items = Items.ToBuilder();
        foreach (var line in put)
        {
            if (places.TryGetValue(line.Id, out var place)) items[place] = line;
            else
            {
                places.Add(line.Id, items.Count);
                items.Add(line);
            }
        }

        return new(items.ToImmutable());
    }

    /// <summary>One line with another quantity.</summary>
    public CartLines With(string id, int quantity) => new([.. Items.Select(line => line.Id == id ? line with { Quantity = quantity } : line)]);

    /// <summary>All but one line.</summary>
    public CartLines Without(string id) => new([.. Items.Where(line => line.Id != id)]);

    /// <summary>Lines take these prices, except those whose price is fixed and those whose SKU is not among them.</summary>
    public CartLines At(ImmutableDictionary<Sku, UnitPrice> prices) => new([.. Items.Select(line => line with { UnitPrice = PriceOf(line, prices) })]);

    /// <summary>The price a line would have by these prices.</summary>
    public static UnitPrice PriceOf(CartLine line, ImmutableDictionary<Sku, UnitPrice> prices) =>
        line.PriceFixed ? line.UnitPrice : prices.GetValueOrDefault(line.Sku, line.UnitPrice);

    /// <summary>
    /// The lines that change, as they will be, when these are added. A line without an id has its SKU's text as its id, and so finds
    /// the line to add to; it brings the catalogue's present price along. A fixed price without an id gets a line of its own.
    /// </summary>
    public Result<ImmutableArray<CartLine>> Plus(ImmutableArray<NewLine> added)
    {
        var draft = new Draft(Items);
        for (var i = 0; i < added.Length; i++)
        {
            var line = added[i];
            var id = line.Id ?? (line.PriceFixed ? draft.FreeId() : line.Sku.Value);
            if (draft.Find(id) is not { } held)
            {
                draft.Put(new CartLine(id, line.Sku, line.Title, line.Quantity, line.UnitPrice, line.PriceFixed));
            }
            else if (line.Id is not null)
            {
                if (!Repeats(line, held)) return CartErrors.LineIdReused(i, id);
            }
            else if (held.Sku != line.Sku || held.PriceFixed)
            {
                return CartErrors.LineIdReused(i, id);
            }
            else
            {
                var sum = held.Quantity + line.Quantity;
                if (sum > CartErrors.MaxQuantity) return CartErrors.QuantityOutOfRange(i, sum);
                draft.Put(held with { Title = line.Title, Quantity = sum, UnitPrice = line.UnitPrice });
            }
        }

        return draft.Changed;
    }

    /// <summary>
    /// The lines that change, as they will be, when another cart's are poured in. Lines of one SKU become one at the price shown here; a line
    /// of its own stays one, under another id when its own is taken.
    /// </summary>
    public Result<ImmutableArray<CartLine>> Plus(CartLines other)
    {
        var draft = new Draft(Items);
        for (var i = 0; i < other.Items.Length; i++)
        {
            var line = other.Items[i];
            if (draft.Find(line.Id) is not { } held)
            {
                draft.Put(line);
            }
            else if (IsBySku(line) && IsBySku(held))
            {
                var sum = held.Quantity + line.Quantity;
                if (sum > CartErrors.MaxQuantity) return CartErrors.QuantityOutOfRange(i, sum);
                draft.Put(held with { Quantity = sum });
            }
            else
            {
                draft.Put(line with { Id = draft.FreeId() });
            }
        }

        return draft.Changed;
    }

    /// <summary>The limit these lines break, if any. Stops at the first excess, so no sum ever overflows.</summary>
    public Refusal? OverLimit()
    {
        if (Items.Length > CartErrors.MaxLines) return CartErrors.TooManyLines;
        var (sum, units) = (0L, 0L);
        foreach (var line in Items)
        {
            sum += line.Amount.Minor;
            units += line.Quantity;
            if (sum > Money.OrderLimit) return CartErrors.TotalTooHigh;
            if (units > CartErrors.MaxUnits) return CartErrors.TooManyUnits;
        }

        return null;
    }

    // The price is the catalogue's business unless the importer fixed it: the same request again may meet another one.
    private static bool Repeats(NewLine line, CartLine held) =>
        line.Sku == held.Sku && line.Quantity == held.Quantity && line.PriceFixed == held.PriceFixed && (!line.PriceFixed || line.UnitPrice == held.UnitPrice);

    private static bool IsBySku(CartLine line) => line.Id == line.Sku.Value && !line.PriceFixed;

    private Dictionary<string, int> Places()
    {
        var places = new Dictionary<string, int>(Items.Length, StringComparer.Ordinal);
        for (var i = 0; i < Items.Length; i++) places.Add(Items[i].Id, i);
        return places;
    }

    // Lines being put together: all as they will be, and which of them change, in the order they came.
    private sealed class Draft(ImmutableArray<CartLine> items)
    {
        private readonly Dictionary<string, CartLine> _all = items.ToDictionary(line => line.Id, StringComparer.Ordinal);
        private readonly OrderedDictionary<string, CartLine> _changed = new(StringComparer.Ordinal);

        public ImmutableArray<CartLine> Changed => [.. _changed.Values];

        public CartLine? Find(string id) => _all.GetValueOrDefault(id);

        public void Put(CartLine line) => _all[line.Id] = _changed[line.Id] = line;

        public string FreeId()
        {
            var number = _all.Count + 1;
            while (_all.ContainsKey(Id(number))) number++;
            return Id(number);
        }

        private static string Id(int number) => string.Create(CultureInfo.InvariantCulture, $"l{number}");
    }
}
