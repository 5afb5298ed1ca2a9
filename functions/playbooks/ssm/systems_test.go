package ssm_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/salve-security/salve/functions/playbooktest"
)

// instancePrefix is what stands before the id of an instance.
const instancePrefix = "arn:aws:ec2:" + playbooktest.DefaultRegion + ":" + playbooktest.DefaultAccount + ":instance/"

// idOf is the id of an instance, by whatever its finding calls it.
func idOf(resource string) string { return resource[strings.LastIndex(resource, "/")+1:] }

// systems stands in for what the emulators lack of Systems Manager: agents, Run Command and Patch Manager. An agent
// registers once its instance has a profile.
//
//nolint:gochecknoglobals // the tests of this package share one lab, and the lab has one handler
var systems = &systemsManager{online: map[string]bool{}, patches: map[string]*patches{}}

type systemsManager struct {
	mu      sync.Mutex
	root    aws.Config // to ask which instance has a profile
	online  map[string]bool
	patches map[string]*patches
}

// patches are those of an instance.
type patches struct {
	Missing   int    // of the baseline
	Never     int    // of those, how many no installation brings in
	Pending   int    // of those, how many wait for a reboot after it
	Ends      string // as what an installation ends, Success if empty
	operation string // the last one that was sent
	commands  int
}

// ask lets it know as whom to look at instances.
func (s *systemsManager) ask(root aws.Config) { s.with(func(s *systemsManager) { s.root = root }) }

// with changes what the stand-in knows.
func (s *systemsManager) with(change func(*systemsManager)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

// ServeHTTP answers what it stands in for, and 501 to everything else.
func (s *systemsManager) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var given struct {
		Filters     []struct{ Values []string }
		InstanceIds []string `json:"InstanceIds"`
		InstanceId  string   `json:"InstanceId"`
		CommandId   string   `json:"CommandId"`
		Parameters  map[string][]string
	}
	_ = json.NewDecoder(r.Body).Decode(&given) // what it cannot read is not its
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	var answer any
	switch operation {
	case "DescribeInstanceInformation":
		asked := slices.Collect(maps.Keys(s.online)) // by who looks at all
		if len(given.Filters) > 0 {
			asked = given.Filters[0].Values
		}
		all := []any{}
		for _, id := range asked {
			all = append(all, s.agents(r.Context(), id)...)
		}
		answer = map[string]any{"InstanceInformationList": all}
	case "GetDefaultPatchBaseline":
		answer = map[string]any{"BaselineId": baseline}
	case "SendCommand":
		answer = s.send(given.InstanceIds[0], given.Parameters["Operation"][0], given.Parameters["RebootOption"])
	case "GetCommandInvocation":
		answer = map[string]any{"CommandId": given.CommandId, "Status": s.patches[given.InstanceId].status()}
	case "DescribeInstancePatchStates":
		answer = map[string]any{"InstancePatchStates": s.states(given.InstanceIds[0])}
	default:
		w.WriteHeader(http.StatusNotImplemented)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_ = json.NewEncoder(w).Encode(answer)
}

// baseline is the only one there is.
const baseline = "arn:aws:ssm:us-east-1:075727635805:patchbaseline/pb-0default000000000"

func (s *systemsManager) agents(ctx context.Context, id string) []any {
	if !s.online[id] && profileOf(ctx, s.root, id) != "" {
		s.online[id] = true
	}
	if !s.online[id] {
		return []any{}
	}
	return []any{map[string]any{
		"InstanceId": id, "PingStatus": "Online", "AgentVersion": "3.3.0.0",
		"PlatformType": "Linux", "PlatformName": "Amazon Linux", "PlatformVersion": "2023",
	}}
}

func (s *systemsManager) send(id, operation string, reboot []string) any {
	p := s.patches[id]
	p.commands++
	p.operation = operation
	if operation == "Install" && p.status() == "Success" {
		p.Missing = p.Never
		if len(reboot) == 1 && reboot[0] == "RebootIfNeeded" {
			p.Pending = 0
		}
	}
	return map[string]any{"Command": map[string]any{
		"CommandId": fmt.Sprintf("11111111-2222-3333-4444-%012d", p.commands), "Status": "Pending",
	}}
}

func (p *patches) status() string {
	if p.Ends != "" && p.operation == "Install" {
		return p.Ends
	}
	return "Success"
}

func (s *systemsManager) states(id string) []any {
	p := s.patches[id]
	if p == nil {
		return []any{}
	}
	pending := p.Pending
	if p.commands == 0 {
		pending = 0
	}
	return []any{map[string]any{
		"InstanceId": id, "BaselineId": baseline, "PatchGroup": "", "Operation": p.operation,
		"MissingCount": p.Missing, "InstalledPendingRebootCount": pending, "FailedCount": 0,
		"OperationStartTime": 1790000000, "OperationEndTime": 1790000001,
	}}
}

// launched runs an instance.
func launched(ctx context.Context, t *testing.T, root aws.Config) string {
	client := ec2.NewFromConfig(root)
	image := playbooktest.Got(client.RegisterImage(ctx, &ec2.RegisterImageInput{
		Name: aws.String("base"), RootDeviceName: aws.String("/dev/sda1"),
	}))(t)
	return instancePrefix + *playbooktest.Got(client.RunInstances(ctx, &ec2.RunInstancesInput{
		ImageId: image.ImageId, MinCount: aws.Int32(1), MaxCount: aws.Int32(1), InstanceType: types.InstanceTypeT3Micro,
	}))(t).Instances[0].InstanceId
}

// stop stops an instance, at once in the lab.
func stop(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	in := ec2.StopInstancesInput{InstanceIds: []string{idOf(resource)}}
	playbooktest.Got(ec2.NewFromConfig(root).StopInstances(ctx, &in))(t)
}

// terminate takes an instance away. The lab shows it as terminated for good.
func terminate(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	in := ec2.TerminateInstancesInput{InstanceIds: []string{idOf(resource)}}
	playbooktest.Got(ec2.NewFromConfig(root).TerminateInstances(ctx, &in))(t)
}

// label gives an instance a tag.
func label(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	playbooktest.Got(ec2.NewFromConfig(root).CreateTags(ctx, &ec2.CreateTagsInput{
		Resources: []string{idOf(resource)}, Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("ops")}},
	}))(t)
}

// labels are the keys of an instance's tags.
func labels(ctx context.Context, t *testing.T, root aws.Config, resource string) (out []string) {
	in := ec2.DescribeInstancesInput{InstanceIds: []string{idOf(resource)}}
	found := playbooktest.Got(ec2.NewFromConfig(root).DescribeInstances(ctx, &in))(t).Reservations[0].Instances[0]
	for _, tag := range found.Tags {
		out = append(out, *tag.Key)
	}
	return out
}

// profileOf is the ARN of an instance's profile, empty where it has none.
func profileOf(ctx context.Context, root aws.Config, id string) string {
	out, err := ec2.NewFromConfig(root).DescribeIamInstanceProfileAssociations(ctx,
		&ec2.DescribeIamInstanceProfileAssociationsInput{Filters: []types.Filter{
			{Name: aws.String("instance-id"), Values: []string{id}}, {Name: aws.String("state"), Values: []string{"associated"}},
		}})
	if err != nil || len(out.IamInstanceProfileAssociations) == 0 {
		return ""
	}
	return *out.IamInstanceProfileAssociations[0].IamInstanceProfile.Arn
}

// newProfile makes an instance profile whose role has a path and may do what an agent needs.
func newProfile(ctx context.Context, t *testing.T, root aws.Config, name, path string) {
	client := iam.NewFromConfig(root)
	playbooktest.Got(client.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: &name, Path: &path, AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{` +
			`"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`),
	}))(t)
	playbooktest.Got(client.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{
		RoleName: &name, PolicyArn: aws.String("arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"),
	}))(t)
	playbooktest.Got(client.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: &name}))(t)
	playbooktest.Got(client.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{
		InstanceProfileName: &name, RoleName: &name,
	}))(t)
}
