package wire

import (
	"context"
	"encoding/json"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/salve-security/salve/internal/audit"
)

// AuditLog writes audit lines with calls of their own, for programs whose
// standard output is no log: each day has a stream. What fails goes to lost.
func AuditLog(cfg aws.Config, group string, lost func(error)) audit.Log {
	logs := cloudwatchlogs.NewFromConfig(cfg)
	return func(ctx context.Context, line audit.Line) {
		text, err := json.Marshal(map[string]audit.Line{"audit": line})
		if err != nil {
			lost(err)
			return
		}
		stream := "cli/" + line.Time.UTC().Format(time.DateOnly)
		put := &cloudwatchlogs.PutLogEventsInput{
			LogGroupName: &group, LogStreamName: &stream, LogEvents: []types.InputLogEvent{
				{Message: aws.String(string(text)), Timestamp: aws.Int64(line.Time.UnixMilli())},
			},
		}
		if _, err = logs.PutLogEvents(ctx, put); err == nil {
			return
		}
		// The first line of a day has no stream yet; that it exists already is fine.
		_, _ = logs.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: &group, LogStreamName: &stream})
		if _, err = logs.PutLogEvents(ctx, put); err != nil {
			lost(err)
		}
	}
}
