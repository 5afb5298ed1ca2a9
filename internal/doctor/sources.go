package doctor

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/salve-security/salve/internal/names"
)

// sources: what feeds the function from its queues is on, and lets it say which messages of a batch failed.
func sources() Check {
	const action = "lambda:ListEventSourceMappings"
	ask := func(ctx context.Context, p *Patient) Answer {
		client := lambda.NewFromConfig(p.Own)
		for _, queue := range []string{p.called(names.NowQueue), p.called(names.BulkQueue)} {
			out, err := client.ListEventSourceMappings(ctx, &lambda.ListEventSourceMappingsInput{
				EventSourceArn: aws.String(p.queue(queue)),
			})
			if err != nil {
				return unread(err, action)
			}
			if a := p.fed(queue, out.EventSourceMappings); a.Verdict != OK {
				return a
			}
		}
		return ok("the function is fed from both queues")
	}
	return Check{Name: "sources", Needs: []string{action}, ask: ask}
}

// fed looks at what feeds the function from one queue.
func (p *Patient) fed(queue string, all []types.EventSourceMappingConfiguration) Answer {
	at := slices.IndexFunc(all, func(m types.EventSourceMappingConfiguration) bool {
		return strings.Contains(aws.ToString(m.FunctionArn)+":", ":"+p.called(names.Function)+":") // whatever its version
	})
	if at < 0 {
		return wrong(p.aws("lambda create-event-source-mapping --function-name %s --event-source-arn %s --batch-size 10 "+
			"--function-response-types ReportBatchItemFailures", p.called(names.Function), p.queue(queue)),
			"nothing feeds the function from the queue %s", queue)
	}
	m := all[at]
	switch state := aws.ToString(m.State); state {
	case "Enabled", "Creating", "Enabling", "Updating":
	default:
		return wrong(p.aws("lambda update-event-source-mapping --uuid %s --enabled", aws.ToString(m.UUID)),
			"what feeds the function from the queue %s is %s", queue, state)
	}
	if !slices.Contains(m.FunctionResponseTypes, types.FunctionResponseTypeReportBatchItemFailures) {
		return wrong(p.aws("lambda update-event-source-mapping --uuid %s --function-response-types ReportBatchItemFailures",
			aws.ToString(m.UUID)), "one message of the queue %s that fails makes its whole batch come again", queue)
	}
	return ok("")
}
