package enable

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/aws/aws-sdk-go-v2/service/configservice/types"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/plain"
)

// recorderName is what Salve calls the recorders that it makes: by it the next run knows one that is half made.
const recorderName = "salve"

// The role that AWS Config records by, in every account.
const (
	configLinked = "AWSServiceRoleForConfig"
	linkedPath   = "aws-service-role/" + configPrincipal + "/"
)

// recording is what AWS Config does in one account and Region.
type recording struct {
	client   *configservice.Client
	recorder string // name; "" is none
	started  bool   // once at least
	on       bool
}

// String is the state as a person reads it.
func (r recording) String() string {
	switch {
	case r.on:
		return "recording"
	case r.recorder == "":
		return "no recorder"
	}
	return "recorder off"
}

// recorders is the step that AWS Config records in every account. One that is there is somebody's and never changed, on
// or off; where AWS Control Tower is at work all are its.
func (c configIn) recorders() Step {
	accounts := c.Organization.Accounts
	want := "on in all " + plain.Count(len(accounts), "account")
	return Step{Name: "recorders", Want: want, Look: func(ctx context.Context) (Reading, error) {
		if c.Organization.ControlTower {
			return Reading{Left: "AWS Control Tower is at work: recorders are its own"}, nil
		}
		missing, refused, err := c.silent(ctx)
		if err != nil {
			return Reading{}, err
		}
		return Reading{
			Right: len(missing)+len(refused) == 0, Price: recorderPrice(),
			Is:    fmt.Sprintf("on in %d of %d", len(accounts)-len(missing)-len(refused), len(accounts)),
			Stays: "controls rest on what recorders write down: they stay on",
			Set:   func(ctx context.Context) error { return c.record(ctx, missing, refused) },
		}, nil
	}}
}

// silent are the accounts that do not record: those where Salve would have them, and those where it may not, with the
// reason.
func (c configIn) silent(ctx context.Context) (missing []string, refused Refusals, err error) {
	refused = Refusals{}
	away := 0
	for _, a := range c.Organization.Accounts {
		is, err := c.recording(ctx, a.ID)
		switch {
		case fault.Expired(err), ctx.Err() != nil:
			return nil, nil, err
		case absent(err):
			refused[a.ID] = "the Region is not enabled in the account: " + said(err)
			if away++; away == len(c.Organization.Accounts) {
				return nil, nil, err
			}
		case err != nil:
			refused[a.ID] = said(err)
		case !is.on && !is.ours():
			refused[a.ID] = "the recorder " + is.recorder + " is off: whoever made it turns it on"
		case !is.on:
			missing = append(missing, a.ID)
		}
	}
	return missing, refused, nil
}

// ours tells whether Salve may go on with what there is: nothing, or its own that was never started.
func (r recording) ours() bool { return r.recorder == "" || r.recorder == recorderName && !r.started }

// record makes recorders account by account; who does not take one is named with those that were refused before.
func (c configIn) record(ctx context.Context, accounts []string, refused Refusals) error {
	var busy error
	for _, account := range accounts {
		err := c.begin(ctx, account)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case fault.Of(err) == fault.Retry:
			busy = err // a role that was made a moment ago
		case err != nil:
			refused[account] = said(err)
		}
	}
	if busy != nil {
		return busy
	}
	if len(refused) > 0 {
		return refused
	}
	return nil
}

// recording reads the account's own recorder: services have others, which do not count.
func (c configIn) recording(ctx context.Context, account string) (recording, error) {
	cfg, err := c.Open.As(account, c.Region)
	if err != nil {
		return recording{}, err
	}
	is := recording{client: configservice.NewFromConfig(cfg)}
	out, err := is.client.DescribeConfigurationRecorders(ctx, &configservice.DescribeConfigurationRecordersInput{})
	if err != nil {
		return is, fmt.Errorf("recorders: %w", err)
	}
	for _, r := range out.ConfigurationRecorders {
		if r.ServicePrincipal == nil {
			is.recorder = aws.ToString(r.Name)
		}
	}
	if is.recorder == "" {
		return is, nil
	}
	named := &configservice.DescribeConfigurationRecorderStatusInput{ConfigurationRecorderNames: []string{is.recorder}}
	status, err := is.client.DescribeConfigurationRecorderStatus(ctx, named)
	if err != nil {
		return is, fmt.Errorf("status of the recorder %s: %w", is.recorder, err)
	}
	for _, s := range status.ConfigurationRecordersStatus {
		is.on, is.started = s.Recording, s.LastStartTime != nil
	}
	return is, nil
}

// begin has an account record, from wherever an earlier run was stopped. What has no Region is recorded at home alone.
func (c configIn) begin(ctx context.Context, account string) error {
	is, err := c.recording(ctx, account)
	if err != nil || is.on || !is.ours() {
		return err
	}
	if is.recorder == "" {
		if err := c.makeRecorder(ctx, is.client, account); err != nil {
			return err
		}
	}
	channels, err := is.client.DescribeDeliveryChannels(ctx, &configservice.DescribeDeliveryChannelsInput{})
	if err != nil {
		return fmt.Errorf("delivery channels: %w", err)
	}
	if len(channels.DeliveryChannels) == 0 {
		channel := &types.DeliveryChannel{Name: aws.String(recorderName), S3BucketName: &c.Wish.Services.Config.Bucket}
		_, err := is.client.PutDeliveryChannel(ctx, &configservice.PutDeliveryChannelInput{DeliveryChannel: channel})
		if err != nil {
			return fmt.Errorf("have AWS Config deliver to %s: %w", c.Wish.Services.Config.Bucket, err)
		}
	}
	_, err = is.client.StartConfigurationRecorder(ctx, &configservice.StartConfigurationRecorderInput{
		ConfigurationRecorderName: aws.String(recorderName),
	})
	return wrap("start the recorder", err)
}

func (c configIn) makeRecorder(ctx context.Context, client *configservice.Client, account string) error {
	cfg, err := c.Open.As(account, c.Region)
	if err != nil {
		return err
	}
	there, err := linked(ctx, cfg, configPrincipal)
	if err != nil {
		return err
	}
	if !there {
		if err := link(ctx, cfg, configPrincipal); err != nil {
			return err
		}
	}
	_, err = client.PutConfigurationRecorder(ctx, &configservice.PutConfigurationRecorderInput{
		ConfigurationRecorder: &types.ConfigurationRecorder{
			Name: aws.String(recorderName), RoleARN: aws.String(c.roleARN(account, linkedPath+configLinked)),
			RecordingGroup: &types.RecordingGroup{AllSupported: true, IncludeGlobalResourceTypes: c.Home()},
		},
	})
	return wrap("make a recorder", err)
}
