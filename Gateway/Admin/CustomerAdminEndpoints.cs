using Commerce.Customers;
using Commerce.Gateway.Access;
using Commerce.Gateway.Answers;
using Commerce.Gateway.Composition;
using Commerce.Gateway.Problems;
using Commerce.Gateway.Requests;
using Commerce.Kernel;

namespace Commerce.Gateway.Admin;

/// <summary>Customers, for operators and importers.</summary>
internal static class CustomerAdminEndpoints
{
    private const int Longest = 320;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var customers = routes.MapGroup("/v1/admin/customers").WithTags("Admin: customers").OperatorsOnly();
        customers.MapPost("", Register).NeedsKey().Produces<CustomerBody>(StatusCodes.Status201Created).WithSummary("Makes a customer known; known already, it is answered as it is.");
        customers.MapGet("{id}", Get).WithSummary("A customer.");
    }

    private static async Task<Answer<CustomerBody>> Register(RegisterCustomer body, HttpContext http, Shop shop)
    {
        if (!CustomerId.TryParse(body.Id, out var id)) return KernelErrors.Invalid("/id", "A customer's id has 1 to 64 letters, digits, '-' or '_'.");
        var profile = new CustomerProfile(body.Name ?? "", body.Email ?? "", body.Country ?? "");
        RefusalDetail[] wrong = [.. new[] { ("/name", profile.Name), ("/email", profile.Email), ("/country", profile.Country) }
            .Where(field => field.Item2.Length > Longest).Select(field => new RefusalDetail(field.Item1, $"This has at most {Longest} characters."))];
        if (wrong.Length > 0) return Refusals.Invalid(wrong);
        var registered = await shop.Customer(id).Register(Idempotency.Of(http), profile);
        return registered.Ok
            ? Answer<CustomerBody>.Of(Show(registered.Value), registered.Value.Version, StatusCodes.Status201Created, $"/v1/admin/customers/{id}", registered.Repeated)
            : registered.Refusal!;
    }

    private static async Task<Answer<CustomerBody>> Get(CustomerId id, Shop shop) => (await shop.Customer(id).Get()).Answer(Show, customer => customer.Version);

    private static CustomerBody Show(CustomerView customer) => new(
        customer.Id.Value, customer.Profile?.Name, customer.Profile?.Email, customer.Profile?.Country, customer.Erased, customer.Version);
}
