using System.Collections.Immutable;

namespace Commerce.Cli.Chaos.Load;

/// <summary>Who comes: drawn from the seed and the shopper's number alone.</summary>
internal enum Kind { Buys, BuysAndCancels, FillsABasket, ClicksTwice, IsDeclinedAndPays, IsHeardLate, IsUnheard, PaysAnotherAmount, PaysOnAPage, NeverPays }

/// <summary>One shopper: looks, fills a cart, checks out under one key, perhaps cancels; whatever is not answered is asked again.</summary>
internal sealed class Shopper(int number, int seed, string run, Client client, History history, Ledger ledger)
{
    private const int Wait = 2;

    private static readonly TimeSpan Shown = TimeSpan.FromSeconds(1);

    private readonly Random _chance = new(unchecked((seed * 7919) + number));
    private readonly string _who = $"shopper-{number}";

    public async Task Shop(CancellationToken giveUp)
    {
        var kind = Draw();
        var wishes = Wishes(kind);
        if (wishes.Length == 1) await Look(wishes[0].Sku, giveUp);
        var purchase = new Purchase(number, wishes, TokenOf(kind));
        if (await FillCart(wishes, giveUp) is not { } cart) return;

        ledger.Add(purchase);
        purchase.Asked = history.Call(_who, "asks for its order", null);
        await Task.WhenAll(Enumerable.Range(0, kind == Kind.ClicksTwice ? 2 : 1).Select(_ => CheckOut(purchase, cart, purchase.Token, giveUp)));
        if (kind == Kind.IsDeclinedAndPays && purchase is { OrderId: { } id, OrderToken: { } bearer })
            await client.Ask(_who, Call.Post($"v1/orders/{id}/payments", new { token = "tok_ok" }, $"{run}-pay-{number}", Wait, bearer), giveUp);
        if (kind == Kind.PaysOnAPage && purchase is { OrderId: { } order, OrderToken: { } holder }) await PayOnPage(order, holder, giveUp);
        if (kind == Kind.BuysAndCancels) await Cancel(purchase, giveUp);
        if (wishes.Length == 1) await Look(wishes[0].Sku, giveUp);
    }

    /// <summary>Opens a cart with these lines; null when nobody answered.</summary>
    public async Task<string?> FillCart(ImmutableArray<Wish> wishes, CancellationToken giveUp)
    {
        if (await client.Ask(_who, Call.Post("v1/carts", new { currency = "GBP" }), giveUp) is not { Ok: true } opened || opened.Text("id") is not { } cart) return null;
        var lines = wishes.Select(wish => new { sku = wish.Sku, quantity = wish.Quantity });
        return await client.Ask(_who, Call.Post($"v1/carts/{cart}/lines", new { lines }, $"{run}-lines-{number}"), giveUp) is { Ok: true } ? cart : null;
    }

    /// <summary>Checks the cart out and notes what was answered.</summary>
    public async Task CheckOut(Purchase purchase, string cart, string? token, CancellationToken giveUp)
    {
        if (await client.Ask(_who, Call.Post("v1/checkouts", Body(cart, token), $"{run}-{number}", Wait), giveUp) is not { } reply) return;
        Note(purchase, reply);
    }

    public static object Body(string cart, string? token) => new
    {
        cartId = cart, contact = new { email = "shopper@example.org" },
        shippingAddress = new { name = "A Shopper", line1 = "1 High Street", city = "Leeds", postcode = "LS1 1AA", country = "GB" },
        payment = token is null ? null : new { token },
    };

    public void Note(Purchase purchase, Reply reply)
    {
        var now = history.Call(_who, "knows", null);
        lock (purchase)
        {
            if (reply.Text("orderId") is { } order)
            {
                purchase.OrderId = order;
                purchase.Orders[order] = true;
            }

            purchase.OrderToken ??= reply.Text("orderToken");
            if (reply.Ok)
            {
                purchase.Acknowledged = reply.Text("status");
                if (purchase.Acknowledged is not ("placed" or "reserving")) purchase.Known ??= now;
            }
            else
            {
                purchase.Refused = reply.Text("code") ?? $"{(int)reply.Status}";
                purchase.Known ??= now;
            }
        }
    }

    /// <summary>Goes to the provider's page and pays there; what became of it is told by the provider, not by the shopper.</summary>
    public async Task PayOnPage(string order, string bearer, CancellationToken giveUp)
    {
        if (await OpenPage(order, bearer, giveUp) is { } page) await client.Choose(_who, page, "tok_ok", giveUp);
    }

    /// <summary>Asks for the provider's page; null when the order's time is over.</summary>
    private async Task<Uri?> OpenPage(string order, string bearer, CancellationToken giveUp)
    {
        var pay = Call.Post($"v1/orders/{order}/payments", new { method = "redirect" }, $"{run}-page-{number}", Wait, bearer);
        for (var asked = await client.Ask(_who, pay, giveUp); asked is { Ok: true } reply && !giveUp.IsCancellationRequested; asked = await client.Ask(_who, Call.Get($"v1/orders/{order}", bearer), giveUp))
        {
            var next = reply.Body.GetProperty("next");
            if (next.GetProperty("action").GetString() == "redirect") return new Uri(next.GetProperty("href").GetString()!);
            // The page is still to be opened.
            if (reply.Text("status") is not ("authorising" or "paymentUncertain")) return null;
            await Task.Delay(100, giveUp).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return null;
    }

    private async Task Cancel(Purchase purchase, CancellationToken giveUp)
    {
        if (purchase is not { OrderId: { } id, OrderToken: { } bearer, Refused: null }) return;
        purchase.CancelAsked = history.Call(_who, "asks to cancel", null);
        if (await client.Ask(_who, Call.Post($"v1/orders/{id}/cancel", new { reason = "changed my mind" }, $"{run}-cancel-{number}", Wait, bearer), giveUp) is not { } reply) return;
        var known = history.Call(_who, "knows of its cancellation", null);
        if (reply.Ok && reply.Text("status") == "cancelled") purchase.CancelKnown = known;
    }

    private async Task Look(string sku, CancellationToken giveUp)
    {
        // What is shown may be as old as a second, when the stock lives twice for a moment.
        var asked = Math.Min(history.Call(_who, $"looks at {sku}", null), history.Before(Shown));
        if (await client.Ask(_who, Call.Get($"v1/products/{sku}/availability"), giveUp) is { Ok: true } reply)
            ledger.Add(new Reading(sku, reply.Body.GetProperty("available").GetInt32(), asked, history.Call(_who, $"has looked at {sku}", null)));
    }

    private Kind Draw() => _chance.Next(100) switch
    {
        < 45 => Kind.Buys, < 60 => Kind.BuysAndCancels, < 78 => Kind.FillsABasket, < 84 => Kind.ClicksTwice, < 88 => Kind.IsDeclinedAndPays,
        < 91 => Kind.IsHeardLate, < 92 => Kind.IsUnheard, < 94 => Kind.PaysAnotherAmount, < 97 => Kind.PaysOnAPage, _ => Kind.NeverPays,
    };

    // Only what holds its units from the start is bought from a shelf; what may lapse by the clock would leave its history open.
    private ImmutableArray<Wish> Wishes(Kind kind) => kind is Kind.Buys or Kind.BuysAndCancels or Kind.ClicksTwice
        ? [new Wish(Shelf.For(number, _chance), _chance.Next(1, 4))]
        : [.. Enumerable.Range(0, _chance.Next(2, 5)).Select(i => new Wish(Shelf.Basket(_chance.Next(100) + (i % 2)), _chance.Next(1, 4)))];

    private static string? TokenOf(Kind kind) => kind switch
    {
        Kind.IsDeclinedAndPays => "tok_declined",
        Kind.IsHeardLate => "tok_timeout_after",
        Kind.IsUnheard => "tok_timeout_before",
        Kind.PaysAnotherAmount => "tok_wrong_amount",
        Kind.PaysOnAPage or Kind.NeverPays => null,
        _ => "tok_ok",
    };
}
