using Commerce.Customers;
using Commerce.Gateway.Answers;
using Commerce.Gateway.Composition;
using Commerce.Kernel;
using Commerce.Orders;
using Commerce.Payments;

namespace Commerce.Gateway.Checkouts;

/// <summary>Buys a cart.</summary>
/// <param name="CartId">The cart.</param>
/// <param name="Contact">How to reach the shopper.</param>
/// <param name="ShippingAddress">Where it goes.</param>
/// <param name="Payment">What to pay with at once; without it the order waits for POST /v1/orders/{id}/payments.</param>
/// <param name="QuoteHash">The cart's quote hash as the shopper has seen it: refused when prices have changed since.</param>
/// <param name="OccurredAt">Importers only: when it was really placed.</param>
/// <param name="ReturnsAnyTime">Importers only: waives the return window.</param>
public sealed record CheckoutRequest(
    string CartId, ContactInput Contact, AddressInput ShippingAddress, PaymentInput? Payment = null, string? QuoteHash = null,
    DateTimeOffset? OccurredAt = null, bool? ReturnsAnyTime = null)
{
    private const int MaxEmail = 320;

    /// <summary>What is wrong with the words in it; none when all is well.</summary>
    public IReadOnlyList<RefusalDetail> Check()
    {
        var wrong = new List<RefusalDetail>();
        if (!IsEmail(Contact.Email)) wrong.Add(new("/contact/email", "An e-mail address looks like name@example.org."));
        Needed("name", ShippingAddress.Name);
        Needed("line1", ShippingAddress.Line1);
        Needed("city", ShippingAddress.City);
        Needed("postcode", ShippingAddress.Postcode);
        Needed("country", ShippingAddress.Country);
        if (Payment is { } payment && !PaymentInput.IsToken(payment.Token)) wrong.Add(PaymentInput.TokenNeeded("/payment/token"));
        return wrong;

        void Needed(string field, string value)
        {
            if (!AddressInput.IsPart(value)) wrong.Add(new($"/shippingAddress/{field}", $"'{field}' has 1 to {AddressInput.MaxLength} characters on one line."));
        }
    }

    /// <summary>Whom and where.</summary>
    public Recipient Recipient() => new(
        new Contact(Contact.Email.Trim()),
        new Address(ShippingAddress.Name.Trim(), ShippingAddress.Line1.Trim(), ShippingAddress.City.Trim(), ShippingAddress.Postcode.Trim(), ShippingAddress.Country.Trim()));

    private static bool IsEmail(string text) =>
        text.Trim() is { Length: > 2 and <= MaxEmail } email && email.IndexOf('@') is > 0 and var at && at == email.LastIndexOf('@') && at < email.Length - 1
        && !email.Any(c => char.IsWhiteSpace(c) || char.IsControl(c));
}

/// <summary>How to reach the shopper.</summary>
/// <param name="Email">E-mail address.</param>
public sealed record ContactInput(string Email);

/// <summary>Where it goes.</summary>
/// <param name="Name">Recipient.</param>
/// <param name="Line1">Street and number.</param>
/// <param name="City">City.</param>
/// <param name="Postcode">Postcode.</param>
/// <param name="Country">Country by name or ISO 3166 code.</param>
public sealed record AddressInput(string Name, string Line1, string City, string Postcode, string Country)
{
    /// <summary>Longest part of an address, in characters.</summary>
    public const int MaxLength = 200;

    /// <summary>Whether this can be a part of an address.</summary>
    public static bool IsPart(string text) => text.Trim().Length is > 0 and <= MaxLength && !text.Any(char.IsControl);
}

/// <summary>What to pay with. Never a card: a token of the payment provider.</summary>
/// <param name="Token">The provider's token.</param>
public sealed record PaymentInput(string Token)
{
    private const int MaxToken = 200;

    /// <summary>Whether this can be a provider's token.</summary>
    public static bool IsToken(string token) => token.Length is > 0 and <= MaxToken && token.All(c => c is > ' ' and <= '~');

    /// <summary>Says what a token is.</summary>
    public static RefusalDetail TokenNeeded(string pointer) => new(pointer, $"A payment token has 1 to {MaxToken} printable characters.");
}

/// <summary>What checkout answers. Nothing in it changes by itself, so that every try under one key reads the same.</summary>
/// <param name="OrderId">The order.</param>
/// <param name="Number">Its number for people.</param>
/// <param name="Status">Where it is.</param>
/// <param name="OrderToken">Opens this order: <c>Authorization: Bearer …</c>.</param>
/// <param name="Total">What it comes to.</param>
/// <param name="PayBy">Until when it can be paid, while payment is due.</param>
/// <param name="Next">What to do now.</param>
public sealed record CheckoutBody(string OrderId, string Number, OrderStatus Status, string OrderToken, MoneyBody Total, DateTimeOffset? PayBy, NextStep Next)
{
    /// <summary>Shows an order that is under way.</summary>
    public static CheckoutBody Of(OrderView order, Secrets secrets) => new(
        order.Id.Value, order.Number, order.Status, secrets.OrderToken(order.Id), MoneyBody.Of(order.Total),
        order.Status == OrderStatus.AwaitingPayment ? order.PayBy : null, NextStep.Of(order));
}

/// <summary>What to do now.</summary>
/// <param name="Action"><c>pay</c>, <c>redirect</c> (send the shopper there), <c>wait</c>, <c>none</c> or <c>checkOutAgain</c>.</param>
/// <param name="Href">Where.</param>
/// <param name="Hint">In words.</param>
public sealed record NextStep(string Action, string Href, string Hint)
{
    /// <summary>The next step of an order.</summary>
    public static NextStep Of(OrderView order) => order.Status switch
    {
        OrderStatus.AwaitingPayment => new("pay", $"/v1/orders/{order.Id}/payments", "POST {\"token\":…}, or {\"method\":\"redirect\"} for the provider's page, with the order token before payBy."),
        OrderStatus.Authorising when order.PaymentPage is { } page => new("redirect", page, "Send the shopper to this page of the payment provider; it sends them back."),
        OrderStatus.Cancelling or OrderStatus.Cancelled when WasSold(order) => new("none", $"/v1/orders/{order.Id}", "This order was cancelled after it had been confirmed; open a new cart to buy again."),
        OrderStatus.Cancelling or OrderStatus.Cancelled or OrderStatus.Expired or OrderStatus.Rejected =>
            new("checkOutAgain", "/v1/checkouts", "This order came to nothing; check the cart out again with a new key."),
        OrderStatus.Placed or OrderStatus.Reserving or OrderStatus.Authorising or OrderStatus.PaymentUncertain =>
            new("wait", $"/v1/orders/{order.Id}", "The order goes on by itself; read it again."),
        // Shoppers and operators read the same answer.
        OrderStatus.Parked => new("wait", $"/v1/orders/{order.Id}", "The order was stopped, and goes on when an operator of the shop has looked after it; there is nothing for the shopper to do."),
        _ => new("none", $"/v1/orders/{order.Id}", "The order is confirmed."),
    };

    // A cart that was sold stays ordered. Where this cannot be told apart (nothing was due, or money came late) a new cart is the way that always leads on.
    private static bool WasSold(OrderView order) =>
        order.Code == "cancelled" && (order.Total.Minor == 0 || order.Operations.Any(o => o is { Kind: OperationKind.Authorise, Outcome: OutcomeKind.Succeeded }));
}
