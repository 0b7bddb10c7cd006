using System.Buffers.Text;
using System.Security.Cryptography;
using Commerce.Gateway.Carts;
using Commerce.Kernel;

namespace Commerce.Gateway.Tests.Carts;

public sealed class CartAddressTests
{
    private const string Id = "cart_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";

    [Fact]
    public void An_id_stands_for_its_digest_always_the_same()
    {
        CartAddress.Of([.. Enumerable.Range(0, 32).Select(i => (byte)i)]).Text.ShouldBe(Id);
        Read(Id).ShouldBe(CartAddress.Of([.. Enumerable.Range(0, 24).Select(i => (byte)i)]));
        Read(Id).Id.ShouldBe(new CartId(".7LUuaPVP7KYm_T4ubQtMkrl_BUsxDlZu"));
    }

    [Fact]
    public void New_ids_are_of_the_form_that_is_digested_and_none_like_another()
    {
        var ids = Enumerable.Range(0, 1_000).Select(_ => CartAddress.New()).ToList();
        ids.ShouldAllBe(id => Read(id.Text) == id && id.Id == CartId.Of(id.Text));
        ids.Select(id => id.Id).Distinct().Count().ShouldBe(ids.Count);
    }

    [Theory]
    [InlineData(24)]
    [InlineData(32)]
    public void An_id_of_the_old_kind_is_its_cart(int bytes)
    {
        for (var i = 0; i < 1_000; i++)
        {
            var old = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(bytes));
            (Read(old).Id, Read(old).Text).ShouldBe((new CartId(old), old));
        }
    }

    [Fact]
    public void A_cart_is_no_id_of_itself_whole_or_in_part()
    {
        for (var i = 0; i < 1_000; i++)
        {
            var (id, cart) = (CartAddress.New(), CartAddress.New().Id.Value);
            CartAddress.TryParse(cart, out _).ShouldBeFalse();
            Read(cart[1..]).Id.Value.ShouldNotBe(cart);
            Read($"cart_{cart[1..]}").Id.Value.ShouldNotBe(cart);
            Read(id.Text["cart_".Length..]).Id.ShouldNotBe(id.Id);
            $"{id}".ShouldNotContain(id.Text);
        }
    }

    [Theory]
    [InlineData("my-first-order-" + Id, "my-first-order-.7LUuaPVP7KYm_T4ubQtMkrl_BUsxDlZu")]
    [InlineData(Id + Id, ".7LUuaPVP7KYm_T4ubQtMkrl_BUsxDlZu.7LUuaPVP7KYm_T4ubQtMkrl_BUsxDlZu")]
    [InlineData("cart_1", "cart_1")]
    public void A_text_that_is_kept_names_the_cart_where_its_id_was(string sent, string kept) => CartAddress.Hide(sent).ShouldBe(kept);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("cart_")]
    [InlineData("cart_AAECAwQFBgcICQoLDA0ODxAREhMUFRY")]
    [InlineData("cart_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXX")]
    [InlineData("CART_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX")]
    [InlineData("cart_AAECAwQFBgcICQoLDA0ODxAREhMUFRY.")]
    [InlineData(".7LUuaPVP7KYm_T4ubQtMkrl_BUsxDlZu")]
    [InlineData(".AECAwQFBgcICQoLDA0ODxAREhMUFRYX")]
    [InlineData("AAECAwQFBgcICQoLDA0ODxAREhMUFRYé")]
    [InlineData("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXX")]
    [InlineData("0123456789abcdef0123456789abcdef-1")]
    public void Anything_else_names_no_cart(string? text) => CartAddress.TryParse(text, out _).ShouldBeFalse();

    private static CartAddress Read(string text) => CartAddress.TryParse(text, out var read) ? read : throw new FormatException(text);
}
