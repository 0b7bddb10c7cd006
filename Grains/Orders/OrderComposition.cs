using Microsoft.Extensions.DependencyInjection;

namespace Commerce.Orders;

/// <summary>What orders need from their silo.</summary>
public static class OrderComposition
{
    /// <summary>Order numbers by the block.</summary>
    public static IServiceCollection AddOrderNumbers(this IServiceCollection services) => services.AddSingleton<IOrderNumbers, OrderNumbers>();
}
