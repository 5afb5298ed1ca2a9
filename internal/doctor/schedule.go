package doctor

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"github.com/salve-security/salve/internal/names"
)

// schedule: the sweep comes every minute. What waits goes on by it alone.
func schedule() Check {
	const action, rate = "scheduler:GetSchedule", "rate(1 minute)"
	return Check{Name: "schedule", Needs: []string{action}, ask: func(ctx context.Context, p *Patient) Answer {
		now, err := scheduler.NewFromConfig(p.Own).GetSchedule(ctx, &scheduler.GetScheduleInput{
			Name: aws.String(p.called(names.Schedule)),
		})
		if missing := new(types.ResourceNotFoundException); errors.As(err, &missing) {
			return wrong(pageHub, "the schedule %s is not there: nothing that waits goes on", p.called(names.Schedule))
		}
		if err != nil {
			return unread(err, action)
		}
		put := p.aws("scheduler update-schedule --name %s --state ENABLED --schedule-expression %s "+
			"--flexible-time-window %s --target %s", p.called(names.Schedule), "'"+rate+"'",
			quoted(map[string]any{"Mode": "OFF"}),
			quoted(map[string]any{
				"Arn": p.queue(p.called(names.NowQueue)), "RoleArn": fmt.Sprintf("arn:%s:iam::%s:role/%s", p.Partition, p.Hub,
					names.SweepRole),
				"Input":       fmt.Sprintf(`{%q:%q}`, names.MessageField, names.MessageSweep),
				"RetryPolicy": map[string]any{"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 1},
			}))
		switch {
		case now.State == types.ScheduleStateDisabled:
			return wrong(put, "the schedule %s is switched off: nothing that waits goes on", p.called(names.Schedule))
		case aws.ToString(now.ScheduleExpression) != rate:
			return wrong(put, "the schedule %s comes at %s, not at %s", p.called(names.Schedule),
				aws.ToString(now.ScheduleExpression),
				rate)
		case now.Target == nil || aws.ToString(now.Target.Arn) != p.queue(p.called(names.NowQueue)):
			return wrong(put, "the schedule %s does not send to the queue %s", p.called(names.Schedule),
				p.called(names.NowQueue))
		}
		return ok("%s comes every minute", p.called(names.Schedule))
	}}
}
