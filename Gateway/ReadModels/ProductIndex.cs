using Commerce.Catalog;
using Commerce.Feeds;
using Commerce.Gateway.Products;
using Commerce.Kernel;
using Microsoft.Data.Sqlite;

namespace Commerce.Gateway.ReadModels;

/// <summary>A product found, and how well it fits (0 to 1000).</summary>
/// <param name="Sku">Which.</param>
/// <param name="Score">How well.</param>
public sealed record Hit(Sku Sku, int Score);

/// <summary>
/// Which products are for sale, which fit a few words, and what those cost. The index of three-letter pieces finds candidates, also for words of the catalogue
/// that the query almost spells; how alike the words are decides. Nonsense finds nothing. A product costs what it costs now: a price that is over, or has yet to begin, does not count.
/// </summary>
public sealed class ProductIndex(ReadStore store, ProductPages pages, TimeProvider time) : IReadModel
{
    /// <summary>Longest query in characters.</summary>
    public const int MaxQuery = 200;

    /// <summary>Words of the catalogue that a word of the query may mean.</summary>
    internal const int MaxMeant = 64;

    // The first words of a query that count, and of a product that it is found by: what one search may cost.
    private const int MaxAsked = 8, MaxWords = 200;

    // Candidates whose words are compared one by one: about 1 ms.
    private const int MaxCandidates = 400;

    // A price that is over is kept for so long: this gateway's clock may be behind that of who set the next one.
    private static readonly TimeSpan KeepsPrices = TimeSpan.FromHours(1);

    /// <inheritdoc/>
    public string Service => "catalog";

    /// <inheritdoc/>
    public IReadOnlyList<string> Tables => ["products", "product_words", "prices", "vocabulary"];

    /// <summary>SKUs for sale after one, in order.</summary>
    public IReadOnlyList<Sku> Published(string after, int max)
    {
        using var reader = store.Reader();
        using var rows = reader.Query("select sku from products where published = 1 and sku > $1 order by sku limit $2", after, max);
        var skus = new List<Sku>();
        while (rows.Read()) skus.Add(new Sku(rows.GetString(0)));
        return skus;
    }

    /// <summary>Products that fit, at a price if one is given, best first, after a hit.</summary>
    public IReadOnlyList<Hit> Search(string query, Hit? after, int max, PriceRange? at = null) =>
        [.. Fitting(query, at?.Currency)
            .Where(found => at is null || (found.Price is { } price && at.Contains(price))).Select(found => found.Hit)
            .OrderByDescending(hit => hit.Score).ThenBy(hit => hit.Sku.Value, StringComparer.Ordinal)
            .Where(hit => after is null || hit.Score < after.Score || hit.Score == after.Score && string.CompareOrdinal(hit.Sku.Value, after.Sku.Value) > 0)
            .Take(max)];

    /// <summary>How many of the products that fit are in which band of prices, lowest first; bands of none are left out, and so is what has no price in this currency.</summary>
    public IReadOnlyList<KeyValuePair<PriceRange, int>> Bands(string query, Currency currency) =>
        [.. Fitting(query, currency).Select(found => found.Price).OfType<Money>().CountBy(PriceRange.BandOf).OrderBy(band => band.Key.From)];

    /// <inheritdoc/>
    public void Apply(SqliteConnection db, RecordedEvent recorded)
    {
        var sku = recorded.Key[(recorded.Key.IndexOf('/') + 1)..];
        pages.Forget(Sku.FromStored(sku));
        // Other events are not even read: one of a type this program does not know yet must not stop the index.
        if (recorded.Type is not ("product.created.v1" or "product.revised.v1" or "product.published.v1" or "product.archived.v1" or "product.price-set.v1")) return;
        switch (recorded.Event)
        {
            case ProductCreated created:
                db.Run("insert into products (sku, title, published, words) values ($1, $2, 0, '') on conflict do nothing", sku, created.Title);
                Index(db, sku, created.Title, created.Description);
                break;
            case ProductRevised revised:
                Index(db, sku, revised.Title, revised.Description);
                break;
            case PriceSet set:
                Price(db, sku, set, recorded.Version);
                break;
            case ProductPublished:
                db.Run("update products set published = 1 where sku = $1", sku);
                break;
            case ProductArchived:
                db.Run("update products set published = 0 where sku = $1", sku);
                break;
        }
    }

    /// <inheritdoc/>
    public void AppliedAllBefore(long moment) => pages.HeardAllBefore(moment);

    private static void Index(SqliteConnection db, string sku, string title, string description)
    {
        var words = Words.Of($"{sku} {title} {description}").Distinct().Take(MaxWords).ToArray();
        db.Run("update products set title = $2, words = $3 where sku = $1", sku, title, string.Join(' ', words));
        db.Run("delete from product_words where rowid = (select id from products where sku = $1)", sku);
        db.Run("insert into product_words (rowid, words) select id, words from products where sku = $1", sku);
        foreach (var word in words) db.Run("insert into vocabulary values ($1, $2) on conflict do nothing", word.Length, word);
    }

    // Of the prices whose time it is, the one said last counts. What a later one covers to its end is never asked for again.
    private static void Price(SqliteConnection db, string sku, PriceSet set, long said)
    {
        var (currency, begins, ends) = (set.Price.Currency.Value, set.From.UtcTicks, set.To?.UtcTicks ?? long.MaxValue);
        db.Run(
            "delete from prices where sku = $1 and currency = $2 and (begins >= $3 and ends <= $4 or ends <= $5)",
            sku, currency, begins, ends, (set.At - KeepsPrices)?.UtcTicks ?? 0);
        db.Run("update prices set ends = $3 where sku = $1 and currency = $2 and ends > $3 and ends <= $4", sku, currency, begins, ends);
        db.Run("insert into prices values ($1, $2, $3, $4, $5, $6)", sku, currency, said, set.Price.Minor, begins, ends);
    }

    // Prices are looked up for who asks for them only.
    private List<(Hit Hit, Money? Price)> Fitting(string query, Currency? currency)
    {
        var words = Words.Of(query).Distinct().Take(MaxAsked).ToArray();
        if (words.Length == 0) return [];
        using var reader = store.Reader();
        return [.. Candidates(reader, words, currency)
            .Select(found => (Hit: new Hit(found.Sku, Words.Score(words, found.Words)), found.Price))
            .Where(found => found.Hit.Score >= Words.Threshold)];
    }

    private List<(Sku Sku, string[] Words, Money? Price)> Candidates(SqliteConnection db, string[] words, Currency? currency)
    {
        var pieces = words.Concat(words.SelectMany(word => Meant(db, word))).SelectMany(Words.Trigrams).Distinct().ToArray();
        var best = pieces.Length > 0
            ? "select p.sku, p.words from product_words w join products p on p.id = w.rowid where product_words match $1 and p.published = 1 order by bm25(product_words) limit $2"
            : "select sku, words from products where published = 1 and (' ' || words) like $1 order by sku limit $2";
        var asked = pieces.Length > 0 ? string.Join(" OR ", pieces.Select(piece => $"\"{piece}\"")) : $"% {words[0]}%";
        using var rows = currency is { } priced
            ? db.Query(
                $"""
                with best as materialized ({best})
                select sku, words, (select minor from prices p where p.sku = best.sku and currency = $3 and begins <= $4 and ends > $4 order by said desc limit 1) from best
                """,
                asked, MaxCandidates, priced.Value, time.GetUtcNow().UtcTicks)
            : db.Query(best, asked, MaxCandidates);
        var found = new List<(Sku, string[], Money?)>();
        while (rows.Read())
            found.Add((new Sku(rows.GetString(0)), rows.GetString(1).Split(' '), currency is { } its && !rows.IsDBNull(2) ? new Money(rows.GetInt64(2), its) : null));
        return found;
    }

    // Words of the catalogue that this one almost spells, the nearest first: a swapped pair of letters leaves few three-letter pieces in common.
    internal static List<string> Meant(SqliteConnection db, string word)
    {
        var (near, slips) = (new List<(int Distance, string Word)>(), Words.Slips(word));
        if (slips == 0) return [];
        using var rows = db.Query("select word from vocabulary where length between $1 and $2", word.Length - slips, word.Length + slips);
        while (rows.Read())
            if (rows.GetString(0) is var known && Words.Distance(word, known) is var distance && distance <= slips) near.Add((distance, known));
        return [.. near.OrderBy(found => found.Distance).ThenBy(found => found.Word, StringComparer.Ordinal).Take(MaxMeant).Select(found => found.Word)];
    }
}
