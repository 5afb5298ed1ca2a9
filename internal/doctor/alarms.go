package doctor

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// alarmPrefix begins the names of the stack's alarms.
const alarmPrefix = "salve-"

// alarms: none of Salve's own rings. They see what no call says: how long the oldest message waits, throttles,
// crashes, sweeps that do not come through.
func alarms() Check {
	const action = "cloudwatch:DescribeAlarms"
	return Check{Name: "alarms", Needs: []string{action}, ask: func(ctx context.Context, p *Patient) Answer {
		var all, ringing []string
		fix := ""
		pages := cloudwatch.NewDescribeAlarmsPaginator(cloudwatch.NewFromConfig(p.Own), &cloudwatch.DescribeAlarmsInput{
			AlarmNamePrefix: aws.String(p.called(alarmPrefix)),
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return unread(err, action)
			}
			for _, a := range page.MetricAlarms {
				all = append(all, aws.ToString(a.AlarmName))
				if a.StateValue == types.StateValueAlarm {
					ringing = append(ringing, aws.ToString(a.AlarmName)+" since "+day(a.StateTransitionedTimestamp))
					fix = aws.ToString(a.AlarmDescription)
				}
			}
		}
		switch {
		case len(all) == 0:
			return wrong(pageHub, "none of the alarms %s* is there", p.called(alarmPrefix))
		case len(ringing) > 1:
			fix = "see docs/operations.md, Alarms and metrics"
			fallthrough
		case len(ringing) == 1:
			return wrong(fix, "alarms ring: %s", strings.Join(ringing, ", "))
		}
		return ok("none of %d alarms rings", len(all))
	}}
}
