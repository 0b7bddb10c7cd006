using Commerce.Payments;
using Commerce.Silo.Payments;
using Microsoft.Extensions.Logging.Abstractions;

namespace Commerce.Silo.Tests.Payments;

/// <summary>The provider within the shop. It has no page.</summary>
public sealed class SandboxContractTests : ProviderContract
{
    private readonly TemporaryFolder _folder = new();
    private SandboxProvider? _open;

    protected override Task<IPaymentProvider> Open(TimeSpan? patience = null)
    {
        _open?.Dispose();
        return Task.FromResult<IPaymentProvider>(_open = SandboxProvider.Open(_folder["psp.db"], NullLogger<SandboxProvider>.Instance));
    }

    public override ValueTask DisposeAsync()
    {
        _open?.Dispose();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task It_has_no_page_and_says_so() =>
        (await Provider.Execute(new(Key(), "t1/order", OperationKind.Authorise, Pence(1000), null, null) { Page = new("http://127.0.0.1:1/back", default) }, Cancel)).Code.ShouldBe("no-page");
}
