package wire

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go/middleware"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/run"
)

// TestNudgeInTime: a check never comes before the time it was asked for, for then it
// would be in vain; what SQS cannot delay that long is left to the sweep.
func TestNudgeInTime(t *testing.T) {
	tests := map[string]struct {
		after time.Duration
		want  []int32 // seconds, a message each
	}{
		"now":                        {0, []int32{0}},
		"half a second":              {500 * time.Millisecond, []int32{1}},
		"half a minute":              {30 * time.Second, []int32{30}},
		"as long as SQS can":         {15 * time.Minute, []int32{900}},
		"a bit less than that":       {15*time.Minute - time.Millisecond, []int32{900}},
		"a bit more":                 {15*time.Minute + time.Millisecond, nil},
		"an account without a role":  {time.Hour, nil},
		"longer than seconds can be": {1 << 62, nil},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			var got []int32
			client := sqs.New(sqs.Options{Region: "us-east-1"}, sqs.WithAPIOptions(func(s *middleware.Stack) error {
				return s.Initialize.Add(middleware.InitializeMiddlewareFunc("Keep", func(
					_ context.Context, in middleware.InitializeInput, _ middleware.InitializeHandler,
				) (middleware.InitializeOutput, middleware.Metadata, error) {
					m, ok := in.Parameters.(*sqs.SendMessageInput)
					if !ok || aws.ToString(m.MessageBody) != `{"salve":"check","run":"r1"}` {
						t.Errorf("sent %+v", in.Parameters)
						return middleware.InitializeOutput{}, middleware.Metadata{}, nil
					}
					got = append(got, m.DelaySeconds)
					return middleware.InitializeOutput{Result: &sqs.SendMessageOutput{}}, middleware.Metadata{}, nil
				}), middleware.Before)
			}))
			send := nudge(client, "https://now.example", "https://bulk.example")
			if err := send(t.Context(), &run.Run{ID: "r1"}, tc.after); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}
