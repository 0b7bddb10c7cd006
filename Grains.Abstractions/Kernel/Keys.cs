using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;

namespace Commerce.Kernel;

/// <summary>How each aggregate's grain key is made. Every key starts with the tenant.</summary>
public static class Keys
{
    /// <summary>The tenant of a shop that has only one.</summary>
    public const string DefaultTenant = "t1";

    /// <summary>The only stock location until there is a rule for choosing between several.</summary>
    public const string DefaultLocation = "main";

    /// <summary><c>tenant/sku</c>.</summary>
    public static string Product(Sku sku) => $"{DefaultTenant}/{sku}";

    /// <summary><c>tenant/sku@location</c>.</summary>
    public static string Stock(Sku sku) => $"{DefaultTenant}/{sku}@{DefaultLocation}";

    /// <summary><c>tenant/cart</c>.</summary>
    public static string Cart(CartId id) => $"{DefaultTenant}/{id}";

    /// <summary><c>tenant/order</c>; an order and its payment share it.</summary>
    public static string Order(OrderId id) => $"{DefaultTenant}/{id}";

    /// <summary><c>tenant/customer</c>.</summary>
    public static string Customer(CustomerId id) => $"{DefaultTenant}/{id}";
}

/// <summary>A cart: a one-way digest of the id its shopper has, which is a secret and stays at the edge. Of a cart opened before that (ADR 0035) it is that id: at least 128 random bits.</summary>
/// <param name="Value">The digest, or the old id; URL-safe.</param>
[GenerateSerializer, Immutable, Alias("commerce.cart-id")]
[JsonConverter(typeof(TextValueConverter<CartId>))]
public readonly record struct CartId([property: Id(0)] string Value) : ITextValue<CartId>
{
    private const int DigestBytes = 24;

    /// <summary>What a digest begins with, and no id that opens a cart has in it: a digest can be sent as one in vain.</summary>
    private const char Mark = '.';

    /// <summary>The cart that an id stands for: 192 bits of the id's SHA-256.</summary>
    public static CartId Of(string secret) =>
        new($"{Mark}{Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(secret)).AsSpan(0, DigestBytes))}");

    /// <summary>Whether it may be shown to others than its shopper: the key of an old cart may not.</summary>
    public bool IsDigest() => Value.StartsWith(Mark);

    /// <inheritdoc/>
    public static CartId FromStored(string value) => new(value);

    /// <inheritdoc/>
    public override string ToString() => Value;
}

/// <summary>A customer's id.</summary>
/// <param name="Value">1 to 64 letters, digits, <c>-</c> or <c>_</c>.</param>
[GenerateSerializer, Immutable, Alias("commerce.customer-id")]
[JsonConverter(typeof(TextValueConverter<CustomerId>))]
public readonly record struct CustomerId([property: Id(0)] string Value) : ITextValue<CustomerId>
{
    /// <summary>Checks.</summary>
    public static bool TryParse(string? text, out CustomerId id)
    {
        id = new(text ?? "");
        return text is { Length: > 0 and <= 64 } && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
    }

    /// <inheritdoc/>
    public static CustomerId FromStored(string value) => new(value);

    /// <inheritdoc/>
    public override string ToString() => Value;
}

/// <summary>
/// An order's id: <c>family-attempt</c>, derived from (tenant, cart, attempt), so that every try at one checkout finds the same
/// order. The family is a one-way digest: an order's id does not give its cart away.
/// </summary>
/// <param name="Value">The id.</param>
[GenerateSerializer, Immutable, Alias("commerce.order-id")]
[JsonConverter(typeof(TextValueConverter<OrderId>))]
public readonly record struct OrderId([property: Id(0)] string Value) : ITextValue<OrderId>
{
    /// <summary>What all attempts of one cart share.</summary>
    public string Family => Value[..Value.LastIndexOf('-')];

    /// <summary>1 for the cart's first order, one more after each order that came to nothing.</summary>
    public int Attempt => int.Parse(Value.AsSpan(Value.LastIndexOf('-') + 1), System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The order of a cart's attempt.</summary>
    public static OrderId Derive(CartId cart, int attempt) =>
        new($"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{Keys.DefaultTenant}/{cart}")).AsSpan(0, 16))}-{attempt}");

    /// <summary>Checks the form only.</summary>
    public static bool TryParse(string? text, out OrderId id)
    {
        id = new(text ?? "");
        return text is { Length: > 33 and < 44 } && text[32] == '-'
            && text.AsSpan(0, 32).IndexOfAnyExcept("0123456789abcdef") < 0
            && int.TryParse(text.AsSpan(33), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var attempt)
            && attempt > 0 && text[33] != '0';
    }

    /// <inheritdoc/>
    public static OrderId FromStored(string value) => new(value);

    /// <inheritdoc/>
    public override string ToString() => Value;
}
