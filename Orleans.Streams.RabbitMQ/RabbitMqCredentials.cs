namespace Orleans.Streams.RabbitMQ;

/// <summary>A broker user and its password, as read for one connection attempt.</summary>
/// <param name="UserName">The broker's user.</param>
/// <param name="Password">The user's password. Never written to a log.</param>
public sealed record RabbitMqCredentials(string UserName, string Password)
{
    /// <summary>The user's name only: a record would otherwise print the password wherever it is logged.</summary>
    public override string ToString() => UserName;
}
