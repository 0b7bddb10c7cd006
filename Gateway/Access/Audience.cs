namespace Commerce.Gateway.Access;

/// <summary>Who may use a route. A route that does not say is open to nobody.</summary>
public enum Audience
{
    /// <summary>Everybody. Carts are here, too: a cart's id in its address is its secret.</summary>
    Public,

    /// <summary>An operator, or whoever holds the token checkout returned for the order the address names.</summary>
    Order,

    /// <summary>Operators.</summary>
    Operator,
}

/// <summary>A route's policy.</summary>
/// <param name="To">Who may use it.</param>
/// <param name="InBrowser">
/// Whether a browser may ask for the token and send it as the password of any user. Only for pages to look at: what a browser remembers it also sends when
/// another site makes it ask.
/// </param>
public sealed record Policy(Audience To, bool InBrowser = false)
{
    /// <summary>How a caller without a token is told to bring one.</summary>
    public string Challenge => InBrowser ? "Basic realm=\"operators\", charset=\"UTF-8\"" : "Bearer";
}

/// <summary>Declares policies.</summary>
public static class Policies
{
    /// <summary>Says who may use a route, or all routes of a group.</summary>
    public static T Allows<T>(this T routes, Audience to, bool inBrowser = false) where T : IEndpointConventionBuilder => routes.WithMetadata(new Policy(to, inBrowser));

    /// <summary>For routes of other services in this process, such as analytics: operators only.</summary>
    public static T OperatorsOnly<T>(this T routes) where T : IEndpointConventionBuilder => routes.Allows(Audience.Operator);
}
