using System.Text;
using Commerce.Cli.Bench.Load;
using CsCheck;

namespace Commerce.Cli.Tests.Bench;

public sealed class HttpAnswerTests
{
    private const string Sized = "HTTP/1.1 201 Created\r\nDate: today\r\nCONTENT-length: 9\r\n\r\n{\"id\":\"x\"}";
    private const string Chunked = "HTTP/1.1 409 Conflict\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\nA\r\n0123456789\r\n0\r\n\r\n";
    private const string Bare = "HTTP/1.1 204 No Content\r\nDate: today\r\n\r\n";

    [Theory]
    [InlineData("HTTP/1.1 201 Created\r\nDate: today\r\nCONTENT-length: 10\r\n\r\n{\"id\":\"x\"}", 201)]
    [InlineData(Chunked, 409)]
    [InlineData(Bare, 204)]
    public void An_answer_is_complete_at_its_last_byte_and_not_before(string text, int status)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        for (var length = 0; length < bytes.Length; length++) HttpAnswer.TryRead(bytes.AsSpan(0, length), out _).ShouldBeFalse($"after {length} bytes");
        HttpAnswer.TryRead(bytes, out var answer).ShouldBeTrue();
        (answer.Status, answer.Length).ShouldBe((status, bytes.Length));
    }

    [Fact]
    public void What_follows_an_answer_is_not_part_of_it()
    {
        HttpAnswer.TryRead(Encoding.ASCII.GetBytes(Sized + Bare), out var answer).ShouldBeTrue();
        answer.Length.ShouldBe(Sized.Length - 1);
    }

    [Fact]
    public void Something_else_than_HTTP_is_said_so() =>
        Should.Throw<FormatException>(() => HttpAnswer.TryRead("SSH-2.0-nonsense\r\n\r\n"u8, out _));

    [Fact]
    public void Bytes_that_mean_nothing_never_read_past_their_end() => Gen.Byte.Array[0, 200].Sample(bytes =>
    {
        try
        {
            if (HttpAnswer.TryRead(bytes, out var answer)) answer.Length.ShouldBeLessThanOrEqualTo(bytes.Length);
        }
        catch (FormatException)
        {
        }
    });

    [Fact]
    public void A_field_is_found_by_its_name() =>
        Encoding.ASCII.GetString(HttpAnswer.Field("{\"version\":1,\"id\":\"cart-1\",\"x\":\"y\"}"u8, "\"id\""u8)).ShouldBe("cart-1");

    [Fact]
    public void A_field_that_is_not_there_is_empty() => HttpAnswer.Field("{}"u8, "\"id\""u8).IsEmpty.ShouldBeTrue();
}
