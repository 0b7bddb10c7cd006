using System.Text.Json;
using Commerce.Cli.Chaos.Faults;

namespace Commerce.Cli.Chaos.Load;

/// <summary>How the life of an order goes. The last five need a shop whose times are short.</summary>
internal enum Life
{
    Bought, Short, Declined, PaidLater, OnPage, HeardLate, WrongAmount, Unpaid, CancelledUnpaid, CancelledDeclined, Cancelled, SentBack, ChargedBack, Lapsed,
    Unheard, CapturedAhead, LapsedAhead, CancelledAhead, Completed,
}

/// <summary>An order lived through to its end, whatever is killed meanwhile: each step is asked for under its own key until it is answered.</summary>
internal sealed class OrderLife(Scene scene, int number, string sku)
{
    private const int Wait = 5;

    private readonly string _who = $"{scene.Run}-order-{number}";

    public async Task Live(Life life, CancellationToken giveUp)
    {
        // More than there is of a short one, so that every order of its cell is refused.
        var wish = new Wish(sku, life == Life.Short ? 2 : 1);
        var shopper = new Shopper(number, 0, scene.Run, scene.Client, scene.History, scene.Ledger);
        var purchase = new Purchase(number, [wish], TokenOf(life));
        if (await shopper.FillCart([wish], giveUp) is not { } cart) return;
        scene.Ledger.Add(purchase);
        await shopper.CheckOut(purchase, cart, purchase.Token, giveUp);
        if (purchase is not { OrderId: { } order, OrderToken: { } bearer, Refused: null }) return;

        switch (life)
        {
            case Life.PaidLater:
                // A window that ended meanwhile is an answer, too.
                await scene.Client.Ask(_who, Call.Post($"v1/orders/{order}/payments", new { token = "tok_ok" }, $"{_who}-pay", Wait, bearer), giveUp);
                break;
            case Life.OnPage:
                await shopper.PayOnPage(order, bearer, giveUp);
                break;
            case Life.Unpaid or Life.Unheard:
                await Until("expired", order, giveUp);
                break;
            case Life.Lapsed:
                await Until("confirmed", order, giveUp);
                await Ask($"v1/admin/orders/{order}/ship", new { }, "ship", scene.Lab.Token, giveUp);
                await Until(static body => body.GetProperty("shipments")[0].GetProperty("state").GetString() == "blocked", order, giveUp);
                break;
            case Life.CapturedAhead or Life.LapsedAhead:
                await Until(static body => IsKnown(body, "capture"), order, giveUp);
                break;
            case Life.CancelledAhead:
                await Until(static body => IsKnown(body, "capture"), order, giveUp);
                goto case Life.Cancelled;
            case Life.Cancelled:
            case Life.CancelledUnpaid:
            case Life.CancelledDeclined:
                purchase.CancelAsked = scene.History.Call(_who, "asks to cancel", null);
                // An unpaid order whose window ended meanwhile has ended by itself.
                await Ask($"v1/orders/{order}/cancel", new { reason = "changed my mind" }, "cancel", bearer, giveUp, orEnded: (order, "expired"));
                break;
            case Life.Completed:
                await Deliver(order, giveUp);
                await Until("completed", order, giveUp);
                break;
            case Life.SentBack:
                await Deliver(order, giveUp);
                await SendBack(order, bearer, giveUp);
                break;
            case Life.ChargedBack:
                await Deliver(order, giveUp);
                // The bank has taken the money back: there is nothing left to refund, and an operator sees to it.
                await scene.Lab.Provider.ChargeBack($"{order}/s1", giveUp);
                await SendBack(order, bearer, giveUp);
                await Until("parked", order, giveUp);
                await Ask($"v1/admin/orders/{order}/retry", new { reason = "once more" }, "retry", scene.Lab.Token, giveUp);
                await Until("parked", order, giveUp);
                await Ask($"v1/admin/orders/{order}/skip", new { reason = "charged back" }, "skip", scene.Lab.Token, giveUp);
                break;
        }
    }

    private async Task Deliver(string order, CancellationToken giveUp)
    {
        await Until("confirmed", order, giveUp);
        await Ask($"v1/admin/orders/{order}/ship", new { }, "ship", scene.Lab.Token, giveUp);
        await Until("shipped", order, giveUp);
        await Ask($"v1/admin/orders/{order}/deliver", new { }, "deliver", scene.Lab.Token, giveUp);
    }

    private async Task SendBack(string order, string bearer, CancellationToken giveUp)
    {
        if (await scene.Client.Ask(_who, Call.Get($"v1/orders/{order}", bearer), giveUp) is { Ok: true } shown)
            await Ask($"v1/orders/{order}/returns", new { lines = new[] { new { lineId = shown.Body.GetProperty("lines")[0].GetProperty("lineId").GetString(), quantity = 1 } }, reason = "not wanted" }, "return", bearer, giveUp);
    }

    // An order that is refused may have ended by itself meanwhile.
    private async Task Ask(string path, object body, string step, string bearer, CancellationToken giveUp, (string Order, string Status)? orEnded = null)
    {
        if (await scene.Client.Ask(_who, Call.Post(path, body, $"{_who}-{step}", Wait, bearer), giveUp) is not { } reply) scene.Findings.Add("unanswered", $"{path} was never answered");
        else if (!reply.Ok && !(orEnded is { } ended && await Stands(ended.Order, bearer, giveUp) == ended.Status)) scene.Findings.Add("stuck", $"{path} was refused: {(int)reply.Status} {reply.Text("code")}");
    }

    private async Task<string?> Stands(string order, string bearer, CancellationToken giveUp) =>
        await scene.Client.Ask(_who, Call.Get($"v1/orders/{order}", bearer), giveUp) is { Ok: true } reply ? reply.Text("status") : null;

    private Task Until(string status, string order, CancellationToken giveUp) => Until(body => body.GetProperty("status").GetString() == status, order, giveUp);

    private async Task Until(Func<JsonElement, bool> isSo, string order, CancellationToken giveUp)
    {
        while (!giveUp.IsCancellationRequested && !(await scene.Client.Ask(_who, Call.Get($"v1/orders/{order}", scene.Lab.Token), giveUp) is { Ok: true } reply && isSo(reply.Body)))
            await Task.Delay(100, giveUp).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static bool IsKnown(JsonElement order, string kind) =>
        order.GetProperty("payment").GetProperty("operations").EnumerateArray().Any(done => done.GetProperty("kind").GetString() == kind && done.GetProperty("outcome").GetString() != "unknown");

    private static string? TokenOf(Life life) => life switch
    {
        Life.Declined or Life.CancelledDeclined => "tok_declined",
        Life.HeardLate => "tok_timeout_after",
        Life.Unheard => "tok_timeout_before",
        Life.WrongAmount => "tok_wrong_amount",
        Life.Lapsed or Life.LapsedAhead => "tok_lapsed",
        Life.PaidLater or Life.OnPage or Life.Unpaid or Life.CancelledUnpaid => null,
        _ => "tok_ok",
    };
}
