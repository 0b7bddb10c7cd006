using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Commerce.Kernel;

namespace Commerce.Gateway.Carts;

/// <summary>
/// A cart's id as its shopper has it, and the cart it stands for. The id is a secret — who knows it may use the cart — and goes no further than this edge: inside, a cart goes by a
/// one-way digest of it (<see cref="CartId.Of"/>), which whoever reads a journal, a feed or a log may see. A digest is not of an id's form and opens nothing.
/// A cart opened before that (ADR 0035) goes on under its old id, which is its key as well.
/// </summary>
public readonly partial record struct CartAddress
{
    /// <summary>Random bytes in an id; 32 characters of base64url.</summary>
    private const int SecretBytes = 24;

    /// <summary>What an id begins with. With it, it is longer than an old id of 24 bytes and shorter than one of 32.</summary>
    private const string Prefix = "cart_";

    private CartAddress(string text, CartId id) => (Text, Id) = (text, id);

    /// <summary>The id. It goes into answers, and nowhere else.</summary>
    public string Text { get; }

    /// <summary>The cart.</summary>
    public CartId Id { get; }

    /// <summary>Of a new cart.</summary>
    public static CartAddress New() => Of(RandomNumberGenerator.GetBytes(SecretBytes));

    /// <summary>Of the cart whose secret begins with these 24 bytes.</summary>
    public static CartAddress Of(ReadOnlySpan<byte> secret) => Read($"{Prefix}{Base64Url.EncodeToString(secret[..SecretBytes])}");

    /// <summary>Checks the form only. One that cannot be ours names no cart, and no grain is troubled with it.</summary>
    public static bool TryParse(string? text, out CartAddress address)
    {
        address = Read(text ?? "");
        return (IsNew(address.Text) || address.Text.Length is 32 or 43) && address.Text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
    }

    /// <summary>The cart: an address that is written out by mistake does not give its id away.</summary>
    public override string ToString() => Id.ToString();

    /// <summary>A text that is kept: where it holds an id, it names the cart. A client may well make its keys of its cart's id.</summary>
    public static string Hide(string text) => NewIds().Replace(text, static id => CartId.Of(id.Value).Value);

    private static CartAddress Read(string text) => new(text, IsNew(text) ? CartId.Of(text) : new CartId(text));

    private static bool IsNew(string text) => text.Length == 37 && text.StartsWith(Prefix, StringComparison.Ordinal);

    [GeneratedRegex(Prefix + "[A-Za-z0-9_-]{32}", RegexOptions.CultureInvariant)]
    private static partial Regex NewIds();
}
