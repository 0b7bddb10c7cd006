using System.Text.Json;
using System.Text.RegularExpressions;
using Commerce.Carts;
using Commerce.Catalog;
using Commerce.Customers;
using Commerce.Kernel;
using Commerce.Orders;

namespace Commerce.Gateway.Problems;

/// <summary>Says in our words, with a JSON pointer, what the JSON reader says in terms of .NET types.</summary>
internal static partial class JsonFaults
{
    public static Refusal Explain(JsonException fault)
    {
        var at = Pointer(fault.Path);
        var quoted = Quoted().Matches(fault.Message).Select(match => match.Groups[1].Value).ToArray();

        if (fault.Message.Contains("could not be mapped", StringComparison.Ordinal) && quoted is [var unknown, ..])
            return Place($"{at}/{unknown}".Replace($"/{unknown}/{unknown}", $"/{unknown}", StringComparison.Ordinal), $"There is no field '{unknown}' here; leave it out.");
        if (fault.Message.Contains("missing required", StringComparison.Ordinal))
        {
            var listed = fault.Message[fault.Message.IndexOf("including", StringComparison.Ordinal)..];
            return Refusals.Invalid([.. Quoted().Matches(listed).Select(match => match.Groups[1].Value)
                .Select(name => new RefusalDetail($"{at}/{name}", $"'{name}' is needed."))]);
        }

        if (fault.Message.Contains("uplicate", StringComparison.Ordinal)) return Place(at, "A field is there twice; send it once.");
        return Place(at, "This value is missing, of the wrong type or out of range.");
    }

    /// <summary>An id in the address that cannot be one names nothing; anything else in the address or the query is invalid.</summary>
    public static Refusal Explain(BadHttpRequestException fault)
    {
        var (type, name) = Parameters().Match(fault.Message) is { Success: true } match ? (match.Groups[1].Value, match.Groups[2].Value) : ("", "");
        return type switch
        {
            "OrderId" => OrderErrors.NotFound,
            "CartAddress" => CartErrors.NotFound,
            "CustomerId" => CustomerErrors.NotFound,
            "Sku" => ProductErrors.NotFound,
            "" => KernelErrors.Invalid("", "The request is not complete: a body is needed, or the HTTP is not valid."),
            _ => KernelErrors.Invalid(name, $"'{name}' is missing or not valid."),
        };
    }

    // $.lines[0].quantity → /lines/0/quantity
    private static string Pointer(string? path) =>
        path is null or "$" ? "" : Brackets().Replace(path[1..], "/$1").Replace('.', '/');

    private static Refusal Place(string pointer, string message) => KernelErrors.Invalid(pointer, pointer.Length == 0 ? message : $"{pointer}: {message}");

    [GeneratedRegex("'([^']*)'")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\[(\d+)\]")]
    private static partial Regex Brackets();

    // The framework's own message: Failed to bind parameter "Sku sku" from "%20".
    [GeneratedRegex("parameter \"(\\S+) (\\w+)\"")]
    private static partial Regex Parameters();
}
