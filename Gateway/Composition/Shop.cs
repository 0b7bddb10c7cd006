using Commerce.Carts;
using Commerce.Catalog;
using Commerce.Customers;
using Commerce.Inventory;
using Commerce.Kernel;
using Commerce.Orders;

namespace Commerce.Gateway.Composition;

/// <summary>
/// The shop's aggregates by their ids. The grain's type is named, not looked up: a role that is away then shows on the call, as an outage.
/// </summary>
public sealed class Shop(IGrainFactory grains)
{
    /// <summary>A product.</summary>
    public IProductGrain Product(Sku sku) => Grain<IProductGrain>("product", Keys.Product(sku));

    /// <summary>The stock of a SKU.</summary>
    public IStockGrain Stock(Sku sku) => Grain<IStockGrain>("stock", Keys.Stock(sku));

    /// <summary>A cart.</summary>
    public ICartGrain Cart(CartId id) => Grain<ICartGrain>("cart", Keys.Cart(id));

    /// <summary>An order.</summary>
    public IOrderGrain Order(OrderId id) => Grain<IOrderGrain>("order", Keys.Order(id));

    /// <summary>A customer.</summary>
    public ICustomerGrain Customer(CustomerId id) => Grain<ICustomerGrain>("customer", Keys.Customer(id));

    private T Grain<T>(string type, string key) where T : IGrainWithStringKey => grains.GetGrain<T>(GrainId.Create(type, key));
}
