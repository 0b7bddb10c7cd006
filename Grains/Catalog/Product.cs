using System.Diagnostics;
using Commerce.Kernel;

namespace Commerce.Catalog;

/// <summary>
/// A product. Invariants: <c>∀ currency, instant: at most one active price</c>; <c>purchasable ⇒ published ∧ a price is active</c>.
/// </summary>
/// <param name="Sku">Its SKU; null before it was created.</param>
/// <param name="Title">What shoppers read.</param>
/// <param name="Description">More of it.</param>
/// <param name="Published">Whether it is for sale.</param>
/// <param name="Prices">Its prices.</param>
public sealed record Product(Sku? Sku, string Title, string Description, bool Published, PriceList Prices)
{
    /// <summary>Never created.</summary>
    public static readonly Product Unknown = new(null, "", "", false, PriceList.Empty);

    /// <summary>How long a price that is over is kept. Only a silo whose clock is behind asks for one, and none is behind by so much.</summary>
    public static readonly TimeSpan KeepsPrices = TimeSpan.FromHours(1);

    /// <summary>Creates, prices and publishes in one decision, so nobody ever sees it half made.</summary>
    public Result<Events<ProductEvent>> Create(Sku sku, string title, string description, Money price, DateTimeOffset now)
    {
        (title, description) = (title.Trim(), description.Trim());
        if (Sku is not null && Reads(title, description) && Prices.At(price.Currency, now) == price) return Events<ProductEvent>.None;
        if (Invalid(title, description) is { } invalid) return invalid;
        if (OutOfRange(price)) return ProductErrors.PriceOutOfRange;
        if (Sku is not null) return ProductErrors.Exists(sku);

        return Events.Of<ProductEvent>(new ProductCreated(sku, title, description), new PriceSet(price, now, null), new ProductPublished());
    }

    /// <summary>Changes the words, if the caller has seen the current version.</summary>
    public Result<Events<ProductEvent>> Revise(long expected, long current, string title, string description)
    {
        (title, description) = (title.Trim(), description.Trim());
        if (Sku is null) return ProductErrors.NotFound;
        if (Reads(title, description)) return Events<ProductEvent>.None;
        if (Invalid(title, description) is { } invalid) return invalid;
        if (expected != current) return ProductErrors.VersionMismatch(current);

        return Events.Of<ProductEvent>(new ProductRevised(title, description));
    }

    /// <summary>Sets a price from an instant (null: now) for a time; what it overlaps gives way.</summary>
    public Result<Events<ProductEvent>> SetPrice(Money price, DateTimeOffset? begins, DateTimeOffset? to, DateTimeOffset now)
    {
        var from = begins ?? now;
        if (Sku is null) return ProductErrors.NotFound;
        if (to <= from) return ProductErrors.PriceEndsBeforeItBegins;      // first: any price "holds" during no time at all
        if (Prices.Has(price, from, to)) return Events<ProductEvent>.None;
        if (OutOfRange(price)) return ProductErrors.PriceOutOfRange;

        return Events.Of<ProductEvent>(new PriceSet(price, from, to, now));
    }

    /// <summary>Puts it on sale.</summary>
    public Result<Events<ProductEvent>> Publish() =>
        Sku is null ? ProductErrors.NotFound : Published ? Events<ProductEvent>.None : Events.Of<ProductEvent>(new ProductPublished());

    /// <summary>Takes it off sale.</summary>
    public Result<Events<ProductEvent>> Archive() =>
        Sku is null ? ProductErrors.NotFound : Published ? Events.Of<ProductEvent>(new ProductArchived()) : Events<ProductEvent>.None;

    /// <summary>What a cart line needs, if it can be bought.</summary>
    public Result<ProductQuote> Quote(Currency currency, DateTimeOffset now) => (Sku, Published, Prices.At(currency, now)) switch
    {
        (null, _, _) or (_, false, _) => ProductErrors.NotFound,
        ({ } sku, _, null) => ProductErrors.NoPrice(sku, currency),
        ({ } sku, _, { } price) => new ProductQuote(sku, Title, price),
    };

    /// <summary>The product as shoppers and operators see it.</summary>
    public Result<ProductView> View(DateTimeOffset now, long version) =>
        Sku is { } sku ? new ProductView(sku, Title, Description, Published, Prices.At(now), version, Prices.ChangesAfter(now)) : ProductErrors.NotFound;

    /// <summary>Folds an event.</summary>
    public Product Evolve(ProductEvent e) => e switch
    {
        ProductCreated x => this with { Sku = x.Sku, Title = x.Title, Description = x.Description },
        ProductRevised x => this with { Title = x.Title, Description = x.Description },
        PriceSet x => this with { Prices = Prices.With(new PricePeriod(x.Price, x.From, x.To)).Since(x.At - KeepsPrices) },
        ProductPublished => this with { Published = true },
        ProductArchived => this with { Published = false },
        _ => throw new UnreachableException($"No fold for {e.GetType().Name}."),
    };

    private bool Reads(string title, string description) => Title == title && Description == description;

    private static bool OutOfRange(Money price) => price.Minor is < 0 or > ProductErrors.MaxPrice;

    private static Refusal? Invalid(string title, string description) =>
        title.Length is 0 or > ProductErrors.MaxTitle ? ProductErrors.TitleNeeded
        : description.Length > ProductErrors.MaxDescription ? ProductErrors.DescriptionTooLong
        : null;
}
