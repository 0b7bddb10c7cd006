using System.Text.Json.Serialization;
using Commerce.Carts;
using Commerce.Gateway.Answers;

namespace Commerce.Gateway.Carts;

/// <summary>Opens a cart.</summary>
/// <param name="Currency">ISO 4217 code; all lines are in it.</param>
/// <param name="Customer">Importers only: whose cart.</param>
public sealed record OpenCart(string Currency, string? Customer = null);

/// <summary>One line to add.</summary>
/// <param name="Sku">What.</param>
/// <param name="Quantity">Units, 1 to 1,000,000.</param>
/// <param name="LineId">The client's own id of the line, 1 to 64 letters, digits, '-', '_', '.' or ':'. The same id and content again changes nothing.</param>
/// <param name="UnitPrice">Importers only: the price of one unit.</param>
public sealed record LineInput(string Sku, int Quantity, string? LineId = null, UnitPriceInput? UnitPrice = null);

/// <summary>Adds one line (<c>sku</c>, <c>quantity</c>, …) or several (<c>lines</c>), all or none.</summary>
/// <param name="Sku">What, for one line.</param>
/// <param name="Quantity">Units, for one line.</param>
/// <param name="LineId">The client's own id of the one line.</param>
/// <param name="UnitPrice">Importers only: the price of one unit of the one line.</param>
/// <param name="Lines">Several lines, at most 1,000.</param>
public sealed record AddLines(string? Sku = null, int? Quantity = null, string? LineId = null, UnitPriceInput? UnitPrice = null, IReadOnlyList<LineInput>? Lines = null)
{
    /// <summary>Whether this is the form with one line.</summary>
    [JsonIgnore]
    public bool IsSingle => Lines is null;

    /// <summary>The lines, whichever form was sent; null when it is both forms or neither.</summary>
    public IReadOnlyList<LineInput>? Read() => (Lines, Sku, Quantity) switch
    {
        (null, { } sku, { } quantity) => [new LineInput(sku, quantity, LineId, UnitPrice)],
        ({ } lines, null, null) when LineId is null && UnitPrice is null => lines,
        _ => null,
    };
}

/// <summary>Sets a line's quantity.</summary>
/// <param name="Quantity">Units, 1 to 1,000,000.</param>
public sealed record SetQuantity(int Quantity);

/// <summary>Pours another cart into this one.</summary>
/// <param name="From">The other cart's id.</param>
public sealed record MergeCart(string From);

/// <summary>A line of a cart.</summary>
/// <param name="LineId">Its id within the cart.</param>
/// <param name="Sku">What.</param>
/// <param name="Title">What shoppers read.</param>
/// <param name="Quantity">Units.</param>
/// <param name="UnitPrice">Price of one unit.</param>
/// <param name="Amount">Price × quantity, rounded half-up.</param>
public sealed record CartLineBody(string LineId, string Sku, string Title, int Quantity, UnitPriceBody UnitPrice, MoneyBody Amount);

/// <summary>A cart.</summary>
/// <param name="Id">Its id, which is its secret.</param>
/// <param name="Status"><c>open</c>, <c>frozen</c>, <c>ordered</c> or <c>closed</c>.</param>
/// <param name="Currency">ISO 4217 code.</param>
/// <param name="Customer">Whose; absent for a guest.</param>
/// <param name="Lines">Its lines.</param>
/// <param name="Total">Sum of the line amounts. There is no tax and no shipping fee yet.</param>
/// <param name="QuoteHash">Names lines, quantities and prices; send it with the checkout to buy at exactly these.</param>
/// <param name="OrderId">The order it became or is becoming.</param>
/// <param name="Version">Its version, also the ETag.</param>
public sealed record CartBody(
    string Id, CartStatus Status, string Currency, string? Customer, IReadOnlyList<CartLineBody> Lines, MoneyBody Total, string QuoteHash, string? OrderId, long Version)
{
    /// <summary>Shows a cart.</summary>
    public static CartBody Of(CartAddress id, CartView cart) => new(
        id.Text, cart.Status, cart.Currency.Value, cart.Customer?.Value,
        [.. cart.Lines.Select(line => new CartLineBody(
            line.Id, line.Sku.Value, line.Title, line.Quantity, UnitPriceBody.Of(line.UnitPrice), MoneyBody.Of(line.Amount)))],
        MoneyBody.Of(cart.Total), cart.QuoteHash, cart.Order?.Value, cart.Version);
}
