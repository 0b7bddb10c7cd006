using System.Text;
using Commerce.Gateway.Composition;
using Commerce.Gateway.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Commerce.Gateway.Tests.Requests;

public sealed class BodyGuardTests
{
    [Fact]
    public async Task Room_is_made_for_what_has_come_and_not_for_what_was_announced()
    {
        var sent = new Trickle(Encoding.UTF8.GetBytes($"\"{new string('x', 100_000)}\""));
        var http = new DefaultHttpContext();
        http.SetEndpoint(new RouteEndpoint(_ => Task.CompletedTask, RoutePatternFactory.Parse("/"), 0, null, null));
        (http.Request.Method, http.Request.Body, http.Request.ContentLength) = ("POST", sent, GatewayOptions.MaxBody);

        await new BodyGuard(_ => Task.CompletedTask).InvokeAsync(http);

        BodyGuard.Of(http).ToArray().ShouldBe(sent.ToArray());
        sent.MostRoomAhead.ShouldBeLessThanOrEqualTo(4 * 1024);
    }

    [Theory]
    [InlineData("""{"reason":"a\u0000b"}""", false)]
    [InlineData("""{"a\u0000b":"reason"}""", false)]
    [InlineData("""{"reason":"a\\u0000b"}""", true)]
    [InlineData("""{"reason":"a\u0001b"}""", true)]
    public void A_text_that_no_database_keeps_is_refused(string body, bool passes) => (BodyGuard.Check(Encoding.UTF8.GetBytes(body)) is null).ShouldBe(passes);

    // Comes in small pieces, and notes how much more room than bytes there was when it was asked for more.
    private sealed class Trickle(byte[] bytes) : MemoryStream(bytes)
    {
        public long MostRoomAhead { get; private set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            MostRoomAhead = Math.Max(MostRoomAhead, buffer.Length - Position);
            return base.ReadAsync(buffer[..Math.Min(buffer.Length, 500)], cancellationToken);
        }
    }
}
