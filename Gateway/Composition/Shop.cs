using Commerce.Carts;
using Commerce.Catalog;
using Commerce.Customers;
using Commerce.Inventory;
using Commerce.Kernel;
using Commerce.Orders;

namespace Commerce.Gateway.Composition;

/// <summary>The shop's aggregates by their ids.</summary>
public sealed class Shop(IGrainFactory grains)
{
    /// <summary>A product.</summary>
    public IProductGrain Product(Sku sku) => grains.Aggregate<IProductGrain>("product", Keys.Product(sku));

    /// <summary>The stock of a SKU.</summary>
    public IStockGrain Stock(Sku sku) => grains.Aggregate<IStockGrain>("stock", Keys.Stock(sku));

    /// <summary>The queue of those who check out a SKU in a rush.</summary>
    public ICheckoutQueueGrain CheckoutQueue(Sku sku) => grains.Aggregate<ICheckoutQueueGrain>("checkout-queue", Keys.Stock(sku));

    /// <summary>A cart.</summary>
    public ICartGrain Cart(CartId id) => grains.Aggregate<ICartGrain>("cart", Keys.Cart(id));

    /// <summary>An order.</summary>
    public IOrderGrain Order(OrderId id) => grains.Aggregate<IOrderGrain>("order", Keys.Order(id));

    /// <summary>A customer.</summary>
    public ICustomerGrain Customer(CustomerId id) => grains.Aggregate<ICustomerGrain>("customer", Keys.Customer(id));
}
