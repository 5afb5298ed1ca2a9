package wire

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/salve-security/salve/internal/audit"
)

// AuditWriter writes audit lines with calls of their own, for programs whose
// standard output is no log: each day has a stream.
func AuditWriter(cfg aws.Config, group string) func(ctx context.Context, line audit.Line) error {
	logs := cloudwatchlogs.NewFromConfig(cfg)
	return func(ctx context.Context, line audit.Line) error {
		text, err := json.Marshal(map[string]audit.Line{"audit": line})
		if err != nil {
			return fmt.Errorf("encode an audit line: %w", err)
		}
		stream := "cli/" + line.Time.UTC().Format(time.DateOnly)
		put := &cloudwatchlogs.PutLogEventsInput{
			LogGroupName: &group, LogStreamName: &stream, LogEvents: []types.InputLogEvent{
				{Message: aws.String(string(text)), Timestamp: aws.Int64(line.Time.UnixMilli())},
			},
		}
		_, err = logs.PutLogEvents(ctx, put)
		if missing := new(types.ResourceNotFoundException); errors.As(err, &missing) {
			// The first line of a day has no stream yet; that it exists already is fine.
			_, _ = logs.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: &group, LogStreamName: &stream})
			_, err = logs.PutLogEvents(ctx, put)
		}
		if err != nil {
			return fmt.Errorf("write to the audit log: %w", err)
		}
		return nil
	}
}

// AuditLog is an AuditWriter that nobody waits for: what fails goes to lost, with the line.
func AuditLog(cfg aws.Config, group string, lost func(audit.Line, error)) audit.Log {
	write := AuditWriter(cfg, group)
	return func(ctx context.Context, line audit.Line) {
		if err := write(ctx, line); err != nil {
			lost(line, err)
		}
	}
}
