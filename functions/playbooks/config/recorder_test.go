package config_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/aws/aws-sdk-go-v2/service/configservice/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	playbook "github.com/salve-security/salve/functions/playbooks/config"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

const (
	made   = "config-logs-" + playbooktest.DefaultAccount + "-" + playbooktest.DefaultRegion
	linked = "arn:aws:iam::222222222222:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"
	custom = "arn:aws:iam::222222222222:role/config"
)

func bucketsOf(root aws.Config) *s3.Client {
	return s3.NewFromConfig(root, func(o *s3.Options) { o.UsePathStyle = true })
}

// blank is the account without AWS Config, its role and the bucket that Salve makes.
func blank(ctx context.Context, t *testing.T, root aws.Config) string {
	t.Helper()
	client, name := configservice.NewFromConfig(root), aws.String("default")
	for _, r := range playbooktest.Got(client.DescribeConfigurationRecorders(ctx, nil))(t).ConfigurationRecorders {
		_, _ = client.StopConfigurationRecorder(ctx, &configservice.StopConfigurationRecorderInput{
			ConfigurationRecorderName: r.Name,
		})
	}
	if len(playbooktest.Got(client.DescribeDeliveryChannels(ctx, nil))(t).DeliveryChannels) > 0 {
		playbooktest.Got(client.DeleteDeliveryChannel(ctx, &configservice.DeleteDeliveryChannelInput{
			DeliveryChannelName: name,
		}))(t)
	}
	for _, r := range playbooktest.Got(client.DescribeConfigurationRecorders(ctx, nil))(t).ConfigurationRecorders {
		playbooktest.Got(client.DeleteConfigurationRecorder(ctx, &configservice.DeleteConfigurationRecorderInput{
			ConfigurationRecorderName: r.Name,
		}))(t)
	}
	_, err := bucketsOf(root).DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: aws.String(made)})
	role := iam.DeleteRoleInput{RoleName: aws.String("AWSServiceRoleForConfig")}
	_, other := iam.NewFromConfig(root).DeleteRole(ctx, &role)
	for _, err := range []error{err, other} {
		if fault.Of(err) != fault.Gone {
			playbooktest.Done(t, err)
		}
	}
	return playbooktest.DefaultAccountID
}

// seen are recorder, channel and whether it is on.
func seen(ctx context.Context, t *testing.T, root aws.Config, _ string) any {
	t.Helper()
	client := configservice.NewFromConfig(root)
	out := map[string]any{
		"recorders": playbooktest.Got(client.DescribeConfigurationRecorders(ctx, nil))(t).ConfigurationRecorders,
		"channels":  playbooktest.Got(client.DescribeDeliveryChannels(ctx, nil))(t).DeliveryChannels,
		"rules":     len(playbooktest.Got(client.DescribeConfigRules(ctx, nil))(t).ConfigRules),
	}
	status := playbooktest.Got(client.DescribeConfigurationRecorderStatus(ctx, nil))(t)
	for _, s := range status.ConfigurationRecordersStatus {
		out["on "+*s.Name] = s.Recording
	}
	return out
}

func TestRecorder(t *testing.T) {
	c := playbook.Recorder()[0]
	playbooktest.Run(t, playbooktest.Suite{
		Control: c, Seed: blank, Observe: seen,
		Skip: map[string]string{
			playbooktest.CaseDrift:     "undo takes nothing back",
			playbooktest.CaseUnrelated: "before the fix there is nothing to change",
			playbooktest.CaseFacts:     "what is weighed is a part of what the control makes: TestLineOfRecorders",
		},
	})
}

// shape is an account with a recorder that is off or on, and a channel.
type shape struct {
	role         string // of the recorder; "" for none
	on           bool
	group        types.RecordingGroup
	bucket       string // "" for no channel
	key          *string
	policy       string // of the bucket; "" for a bucket that is not there
	unlinked     bool
	serviceOwned bool // a recorder of a service's beside it
}

func all() types.RecordingGroup {
	return types.RecordingGroup{AllSupported: true, IncludeGlobalResourceTypes: true}
}

// open lets AWS Config write.
const open = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"config.amazonaws.com"},` +
	`"Action":"s3:PutObject","Resource":"*"}]}`

func (s shape) answers() playbooktest.StandIn {
	recorders := &configservice.DescribeConfigurationRecordersOutput{}
	channels := &configservice.DescribeDeliveryChannelsOutput{}
	status := &configservice.DescribeConfigurationRecorderStatusOutput{}
	name := aws.String("mine")
	if s.serviceOwned {
		recorders.ConfigurationRecorders = []types.ConfigurationRecorder{
			{Name: aws.String("AWSConfigurationRecorderForX"), ServicePrincipal: aws.String("x.amazonaws.com")},
		}
	}
	if s.role != "" {
		recorders.ConfigurationRecorders = append(recorders.ConfigurationRecorders, types.ConfigurationRecorder{
			Name: name, RoleARN: &s.role, RecordingGroup: &s.group,
		})
		status.ConfigurationRecordersStatus = []types.ConfigurationRecorderStatus{{Name: name, Recording: s.on}}
	}
	if s.bucket != "" {
		channels.DeliveryChannels = []types.DeliveryChannel{{Name: name, S3BucketName: &s.bucket, S3KmsKeyArn: s.key}}
	}
	is := playbooktest.Answers(recorders, channels, status, &iam.GetRoleOutput{},
		&s3.GetBucketPolicyOutput{Policy: &s.policy})
	missing := func(code string) func(any) (any, error) {
		return func(any) (any, error) { return nil, &smithy.GenericAPIError{Code: code} }
	}
	if s.policy == "" {
		is["GetBucketPolicy"] = missing("NoSuchBucket")
	}
	if s.unlinked {
		is["GetRole"] = missing("NoSuchEntity")
	}
	return is
}

// AWS fails an account whose recorder is not there, is off, works as another role or does not record enough; the last
// of these nobody can see but Security Hub.
func TestLineOfRecorders(t *testing.T) {
	theirs, lenient := map[string]any{"bucketName": "theirs"}, map[string]any{"includeConfigServiceLinkedRoleCheck": false}
	local := map[string]any{"includeGlobalResourceTypes": false}
	some := types.RecordingGroup{ResourceTypes: []types.ResourceType{"AWS::EC2::Instance"}}
	regional := types.RecordingGroup{AllSupported: true}
	shapes := map[string]playbooktest.Shape{}
	for name, s := range map[string]struct {
		is     shape
		params map[string]any
	}{
		"on":                       {shape{role: linked, on: true, group: all(), bucket: "theirs"}, nil},
		"on, as its own role":      {shape{role: custom, on: true, group: all(), bucket: "theirs"}, lenient},
		"on, nothing global":       {shape{role: linked, on: true, group: regional, bucket: "theirs"}, local},
		"on, with a service's own": {shape{role: linked, on: true, group: all(), bucket: "theirs", serviceOwned: true}, nil},
	} {
		shapes[name] = playbooktest.Shape{Answers: s.is.answers(), Params: s.params}
	}
	for name, s := range map[string]struct {
		is     shape
		params map[string]any
	}{
		"none": {shape{}, nil}, "none but a service's": {shape{serviceOwned: true, unlinked: true}, nil},
		"off":                     {shape{role: linked, group: all(), bucket: "theirs"}, nil},
		"off, as its own role":    {shape{role: custom, group: all(), bucket: "theirs"}, lenient},
		"on, of another role":     {shape{role: custom, on: true, group: all(), bucket: "theirs", policy: open}, theirs},
		"without a channel":       {shape{role: linked, group: all()}, nil},
		"a channel without it":    {shape{bucket: "theirs", policy: open}, theirs},
		"none, a bucket is named": {shape{policy: open}, theirs},
	} {
		shapes[name] = playbooktest.Shape{Answers: s.is.answers(), Params: s.params, Fails: true}
	}
	for name, s := range map[string]struct {
		is     shape
		params map[string]any
		word   string
	}{
		"on, some types":     {shape{role: linked, on: true, group: some, bucket: "theirs"}, nil, "the finding names"},
		"off, some types":    {shape{role: custom, group: some, bucket: "theirs"}, theirs, "the finding names"},
		"on, not the global": {shape{role: linked, on: true, group: regional, bucket: "theirs"}, nil, "no Region"},
		"unknown bucket": {
			shape{role: custom, on: true, group: all(), bucket: "theirs", policy: open}, nil, "name the bucket theirs",
		},
		"closed bucket": {
			shape{role: custom, on: true, group: all(), bucket: "theirs", policy: `{}`}, theirs, "let config",
		},
		"no bucket": {shape{role: custom, on: true, group: all(), bucket: "theirs"}, theirs, "is not there"},
		"with a key": {
			shape{role: custom, on: true, group: all(), bucket: "theirs", policy: open, key: aws.String("k")}, theirs, "a key",
		},
		"a named one closed": {shape{policy: `{}`}, theirs, "let config"},
	} {
		shapes[name] = playbooktest.Shape{
			Answers: s.is.answers(), Params: s.params, Class: fault.Refused, Words: []string{s.word},
		}
	}
	unsaid := shape{role: linked, group: all()}.answers()
	unsaid["DescribeConfigurationRecorderStatus"] = func(any) (any, error) {
		return &configservice.DescribeConfigurationRecorderStatusOutput{}, nil
	}
	shapes["no status"] = playbooktest.Shape{Answers: unsaid, Class: fault.Invalid}
	playbooktest.Judged(t, playbook.Recorder()[0], playbooktest.DefaultAccountID, shapes)
}

// A recorder that is there gets the role and keeps what it records, how often and what not; and what it needs is there
// before it is turned on.
//
// better: Config.1 keeps the recording group that is there, makes role and channel before it starts the recorder
func TestRecorderKeepsWhatItRecords(t *testing.T) {
	c, is, order := playbook.Recorder()[0], shape{role: custom, group: all(), policy: open, unlinked: true}, ""
	mode := &types.RecordingMode{RecordingFrequency: types.RecordingFrequencyDaily}
	var put *types.ConfigurationRecorder
	answers := is.answers()
	recorders := answers["DescribeConfigurationRecorders"]
	answers["DescribeConfigurationRecorders"] = func(in any) (any, error) {
		out, err := recorders(in)
		out.(*configservice.DescribeConfigurationRecordersOutput).ConfigurationRecorders[0].RecordingMode = mode
		return out, err
	}
	for operation, output := range map[string]any{
		"CreateServiceLinkedRole":    &iam.CreateServiceLinkedRoleOutput{},
		"PutDeliveryChannel":         &configservice.PutDeliveryChannelOutput{},
		"PutConfigurationRecorder":   &configservice.PutConfigurationRecorderOutput{},
		"StartConfigurationRecorder": &configservice.StartConfigurationRecorderOutput{},
	} {
		answers[operation] = func(in any) (any, error) {
			order += operation + " "
			if p, ok := in.(*configservice.PutConfigurationRecorderInput); ok {
				put = p.ConfigurationRecorder
			}
			return output, nil
		}
	}
	env := playbooktest.Env(t, c, playbooktest.DefaultAccountID, playbooktest.Unplugged(), answers,
		playbooktest.With(map[string]any{"bucketName": "theirs"}))
	plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
	passed := playbooktest.Got(c.Passing(env, plan))(t)
	if len(passed.Roles) != 1 || passed.Roles[0] != linked {
		t.Errorf("it gives %v away", passed.Roles)
	}
	playbooktest.Done(t, c.Apply(t.Context(), env, plan))
	want := "CreateServiceLinkedRole PutConfigurationRecorder PutDeliveryChannel StartConfigurationRecorder "
	if order != want {
		t.Errorf("it writes %s, want %s", order, want)
	}
	if put == nil || *put.Name != "mine" || *put.RoleARN != linked || !put.RecordingGroup.AllSupported ||
		!put.RecordingGroup.IncludeGlobalResourceTypes || put.RecordingMode != mode {
		t.Errorf("it puts %+v", put)
	}
}
