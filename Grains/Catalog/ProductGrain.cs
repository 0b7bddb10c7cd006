using Commerce.Kernel;

namespace Commerce.Catalog;

[GrainType("product"), Role("catalog")]
internal sealed class ProductGrain(IJournal journal, TimeProvider time)
    : AggregateGrain<Product, ProductEvent>(journal, time, Product.Unknown, (s, e) => s.Evolve(e)), IProductGrain
{
    protected override string SnapshotFormat => "product.v1";

    private Sku Sku => Sku.FromStored(this.GetPrimaryKeyString().Split('/', 2)[1]);

    public Task<Result<ProductView>> Create(CommandKey command, string title, string description, Money price) =>
        Apply(command, s => s.Create(Sku, title, description, price, Now), View);

    public Task<Result<ProductView>> Revise(CommandKey command, long expectedVersion, string title, string description) =>
        Apply(command, s => s.Revise(expectedVersion, Version, title, description), View);

    public Task<Result<ProductView>> SetPrice(CommandKey command, Money price, DateTimeOffset? from, DateTimeOffset? to) =>
        Apply(command, s => s.SetPrice(price, from, to, Now), View);

    public Task<Result<ProductView>> Publish(CommandKey command) => Apply(command, s => s.Publish(), View);

    public Task<Result<ProductView>> Archive(CommandKey command) => Apply(command, s => s.Archive(), View);

    public Task<Result<ProductView>> Get() => Query(s => s.View(Now, Version));

    public Task<Result<ProductQuote>> Quote(Currency currency) => Query(s => s.Quote(currency, Now));

    // A command that was accepted leaves a product behind, so its view is never a refusal.
    private ProductView View(Product product) => product.View(Now, Version).Value;
}
