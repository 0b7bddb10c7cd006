using Commerce.Kernel;

namespace Commerce.Grains.Tests.Kernel;

public sealed class StreamNameTests
{
    [Theory]
    [InlineData("order", "order/t1/0123456789abcdef0123456789abcdef-1", "order:order/t1/0123456789abcdef0123456789abcdef-1")]
    [InlineData("cart", "cart/t1/.7LUuaPVP7KYm_T4ubQtMkrl_BUsxDlZu", "cart:cart/t1/.7LUuaPVP7KYm_T4ubQtMkrl_BUsxDlZu")]
    [InlineData("cart", "cart/t1/AAECAwQFBgcICQoLDA0ODxAREhMUFRYX", "cart:cart/t1/…")]
    public void A_stream_is_written_out_without_the_secret_of_an_old_cart(string service, string stream, string written) =>
        new StreamName(service, stream).ToString().ShouldBe(written);
}
