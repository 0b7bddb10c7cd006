using System.Text.Json;
using Commerce.Gateway.Access;
using Commerce.Gateway.Composition;
using Commerce.Gateway.Problems;
using Commerce.Gateway.Requests;
using Commerce.Kernel;
using Commerce.ServiceDefaults;

namespace Commerce.Gateway.Payments;

/// <summary>
/// Messages of the payment provider. One that is signed is a hint where to look, and nothing else of it is used: the order reads the truth from the provider. What cannot be looked at now is
/// answered 503, so that the provider sends it again.
/// </summary>
internal static class HookEndpoints
{
    private static readonly Refusal Forged = new("unauthenticated", "The message is not signed with the secret that we share.");

    private static readonly Refusal Stale = KernelErrors.Invalid("signature", "The message was signed more than five minutes from now; send it anew.");

    private static readonly Refusal NotYet = new("dependency-unavailable", "The order is going on, and takes this when it has; send the message again.");

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/hooks/psp/{provider}", Take).WithTags("Hooks").Allows(Audience.Public).WithMetadata(new SignedBody()).Produces(StatusCodes.Status202Accepted)
            .WithSummary("Messages of the payment provider, signed. The order they are about reads the truth from the provider; what is not about one of ours is ignored.");

    private static async Task<IResult> Take(string provider, HttpContext http, Shop shop, GatewayOptions options)
    {
        if (provider != options.Payments.Provider || options.Payments.HookSecret is not { } secret) return new Refused(Refusals.NoSuchAddress);
        var body = BodyGuard.Of(http);
        switch (HookSignature.Check(http.Request.Headers[HeaderOf(provider)], body.Span, secret, TimeProvider.System.GetUtcNow()))
        {
            case Seal.Forged: return new Refused(Forged);
            case Seal.Stale: return new Refused(Stale);
        }

        if (OperationOf(provider, body) is not { } operation || !OrderId.TryParse(operation.Split('/')[0], out var order)) return Results.Accepted();
        // What is not about one of ours is nobody's business; what cannot be taken yet comes again.
        return await shop.Order(order).PaymentSignal(operation) is { Refusal.Code: "illegal-transition" } ? new Refused(NotYet) : Results.Accepted();
    }

    private static string HeaderOf(string provider) => provider == PaymentSettings.Stripe ? "Stripe-Signature" : "Psp-Signature";

    /// <summary>The key of the operation a message is about; null when it does not say.</summary>
    internal static string? OperationOf(string provider, ReadOnlyMemory<byte> body)
    {
        try
        {
            using var message = JsonDocument.Parse(body);
            var at = message.RootElement;
            foreach (var name in provider == PaymentSettings.Stripe ? (string[])["data", "object", "metadata", "operation"] : ["operation"])
                if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(name, out at)) return null;
            return at.ValueKind == JsonValueKind.String ? at.GetString() : null;
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
