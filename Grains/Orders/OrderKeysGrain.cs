using Commerce.Kernel;

namespace Commerce.Orders;

[GrainType("order-keys"), Role("order")]
internal sealed class OrderKeysGrain(ISealer sealer) : Grain, IOrderKeysGrain
{
    public Task Destroy() => sealer.Erase($"customer/{this.GetPrimaryKeyString()}");
}
