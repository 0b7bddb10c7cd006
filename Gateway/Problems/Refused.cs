using Commerce.Kernel;

namespace Commerce.Gateway.Problems;

/// <summary>A refusal as the whole answer.</summary>
internal sealed class Refused(Refusal refusal) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext) => httpContext.Refuse(refusal);
}
