package ecs_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"

	playbook "github.com/salve-security/salve/functions/playbooks/ecs"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

const definitions = "arn:aws:ecs:us-east-1:222222222222:task-definition/"

func family(resource string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(resource, definitions), ":")
	return name
}

// newDefinition has two containers, one of which cannot write, roles, a volume and a tag.
func newDefinition(ctx context.Context, t *testing.T, root aws.Config) string {
	t.Helper()
	for _, role := range []string{"pull", "app"} { // without which the lab takes no definition
		_, err := iam.NewFromConfig(root).CreateRole(ctx, &iam.CreateRoleInput{
			RoleName: &role, AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
				`"Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`),
		})
		if exists := fault.Of(err) == fault.Refused; !exists {
			playbooktest.Done(t, err)
		}
	}
	return *playbooktest.Got(ecs.NewFromConfig(root).RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{
		Family: aws.String("suite-" + rand.Text()), Volumes: []types.Volume{{Name: aws.String("data")}},
		ExecutionRoleArn: aws.String("arn:aws:iam::222222222222:role/pull"),
		TaskRoleArn:      aws.String("arn:aws:iam::222222222222:role/app"),
		ContainerDefinitions: []types.ContainerDefinition{
			{
				Name: aws.String("web"), Image: aws.String("web:1"),
				MountPoints: []types.MountPoint{{SourceVolume: aws.String("data")}},
			},
			{Name: aws.String("log"), Image: aws.String("log:1"), ReadonlyRootFilesystem: aws.Bool(true)},
		},
		Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("shop")}},
	}))(t).TaskDefinition.TaskDefinitionArn
}

// latest is the newest active revision of a family, nil where there is none.
func latest(ctx context.Context, t *testing.T, root aws.Config, resource string) *ecs.DescribeTaskDefinitionOutput {
	t.Helper()
	client, name := ecs.NewFromConfig(root), family(resource)
	list := playbooktest.Got(client.ListTaskDefinitions(ctx, &ecs.ListTaskDefinitionsInput{FamilyPrefix: &name}))(t)
	if len(list.TaskDefinitionArns) == 0 {
		return nil
	}
	return playbooktest.Got(client.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{
		TaskDefinition: &list.TaskDefinitionArns[len(list.TaskDefinitionArns)-1],
		Include:        []types.TaskDefinitionField{types.TaskDefinitionFieldTags},
	}))(t)
}

// again registers the newest revision with a change.
func again(change func(*types.ContainerDefinition)) playbooktest.Act {
	return func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
		t.Helper()
		var in ecs.RegisterTaskDefinitionInput
		of := latest(ctx, t, root, resource)
		playbooktest.Done(t, json.Unmarshal(playbooktest.Got(json.Marshal(of.TaskDefinition))(t), &in))
		in.Tags = of.Tags
		change(&in.ContainerDefinitions[0])
		playbooktest.Got(ecs.NewFromConfig(root).RegisterTaskDefinition(ctx, &in))(t)
	}
}

// better: ECS.5 keeps the tags and ends the old revision
func TestReadOnlyRoots(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbook.ReadOnlyRoots()[0], Seed: newDefinition,
		Foreign: []string{
			definitions + "a", definitions + "a:0", definitions + "a:*", services + "a/b", definitions + "a:1/b",
		},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
			t.Helper()
			of := latest(ctx, t, root, resource)
			if of == nil {
				return "none"
			}
			seen := []any{of.TaskDefinition.TaskRoleArn, of.TaskDefinition.ExecutionRoleArn, len(of.TaskDefinition.Volumes)}
			for _, c := range of.TaskDefinition.ContainerDefinitions {
				seen = append(seen, *c.Name, *c.Image, aws.ToBool(c.ReadonlyRootFilesystem), len(c.MountPoints))
			}
			for _, tag := range of.Tags {
				seen = append(seen, *tag.Key, *tag.Value)
			}
			return seen
		},
		Disturb:     again(func(c *types.ContainerDefinition) { c.Name = aws.String("other") }),
		Unrelated:   again(func(c *types.ContainerDefinition) { c.Image = aws.String("web:2") }),
		DisturbFact: again(func(*types.ContainerDefinition) {}),
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			t.Helper()
			for of := latest(ctx, t, root, resource); of != nil; of = latest(ctx, t, root, resource) {
				playbooktest.Got(ecs.NewFromConfig(root).DeregisterTaskDefinition(ctx, &ecs.DeregisterTaskDefinitionInput{
					TaskDefinition: of.TaskDefinition.TaskDefinitionArn,
				}))(t)
			}
		},
		Skip:   map[string]string{playbooktest.CaseNarrow: "AWS limits the end of a revision to no resource"},
		Unseen: map[string]string{"ecs:TagResource": "AWS asks for it where a registration brings tags"},
	})
}

// The old revision is ended, and tags come along.
func TestOldRevisionEnds(t *testing.T) {
	c, root := playbook.ReadOnlyRoots()[0], playbooktest.Root(t)
	old := newDefinition(t.Context(), t, root)
	env := playbooktest.Env(t, c, old)
	playbooktest.Fix(t, c, env)
	was := playbooktest.Got(ecs.NewFromConfig(root).DescribeTaskDefinition(t.Context(), &ecs.DescribeTaskDefinitionInput{
		TaskDefinition: &old,
	}))(t).TaskDefinition
	now := latest(t.Context(), t, root, old)
	if was.Status != types.TaskDefinitionStatusInactive || now.TaskDefinition.Revision != 2 || len(now.Tags) != 1 {
		t.Errorf("the old one is %s, the newest %d with the tags %v", was.Status, now.TaskDefinition.Revision, now.Tags)
	}
}

// ECS takes nothing of a revision that it does not answer under the same name: nothing is lost in a copy.
func TestCopiesAreWhole(t *testing.T) {
	answered := reflect.TypeFor[types.TaskDefinition]()
	for taken := range reflect.TypeFor[ecs.RegisterTaskDefinitionInput]().Fields() {
		of, there := answered.FieldByName(taken.Name)
		if taken.IsExported() && taken.Name != "Tags" && (!there || of.Type != taken.Type) {
			t.Errorf("ECS takes %s (%s), and a revision has no such member", taken.Name, taken.Type)
		}
	}
}

// revisions are those of the family shop that are there: the last is the newest, and the finding names the first.
func revisions(active int, of types.TaskDefinition) playbooktest.StandIn {
	list := &ecs.ListTaskDefinitionsOutput{TaskDefinitionArns: []string{definitions + "shop-2:9"}}
	for n := 2 - active; n < 2; n++ {
		list.TaskDefinitionArns = append(list.TaskDefinitionArns, fmt.Sprint(definitions, "shop:", 8+n))
	}
	return playbooktest.StandIn{
		"ListTaskDefinitions": func(any) (any, error) { return list, nil },
		"DescribeTaskDefinition": func(in any) (any, error) {
			is := of
			is.Revision, is.Status = 9, types.TaskDefinitionStatusActive
			if strings.HasSuffix(*in.(*ecs.DescribeTaskDefinitionInput).TaskDefinition, ":8") {
				is.Revision = 8
				if active < 2 {
					is.Status = types.TaskDefinitionStatusInactive
				}
			}
			return &ecs.DescribeTaskDefinitionOutput{TaskDefinition: &is}, nil
		},
	}
}

// AWS looks at the newest active revision of a family, and fails every container there that may write.
func TestLineOfDefinitions(t *testing.T) {
	containers := func(all ...*bool) (of types.TaskDefinition) {
		for i, is := range all {
			of.ContainerDefinitions = append(of.ContainerDefinitions, types.ContainerDefinition{
				Name: aws.String(fmt.Sprint(i)), ReadonlyRootFilesystem: is,
			})
		}
		return of
	}
	yes, no := aws.Bool(true), aws.Bool(false)
	windows, linux := containers(no), containers(no)
	windows.RuntimePlatform = &types.RuntimePlatform{OperatingSystemFamily: types.OSFamilyWindowsServer2022Core}
	linux.RuntimePlatform = &types.RuntimePlatform{OperatingSystemFamily: types.OSFamilyLinux}
	none := playbooktest.StandIn{"DescribeTaskDefinition": func(any) (any, error) {
		return nil, &smithy.GenericAPIError{Code: "ClientException", Message: "Unable to describe task definition."}
	}}
	playbooktest.Judged(t, playbook.ReadOnlyRoots()[0], definitions+"shop:9", map[string]playbooktest.Shape{
		"may write":  {Answers: revisions(1, containers(no)), Fails: true},
		"not set":    {Answers: revisions(1, containers(nil)), Fails: true},
		"one of two": {Answers: revisions(2, containers(yes, nil)), Fails: true},
		"cannot":     {Answers: revisions(1, containers(yes, yes))},
		"on Linux":   {Answers: revisions(1, linux), Fails: true}, "on Windows": {Answers: revisions(1, windows)},
		"no such revision": {Answers: none, Class: fault.Gone},
		"nothing":          {Answers: playbooktest.Answers(&ecs.DescribeTaskDefinitionOutput{}), Class: fault.Invalid},
	})
	playbooktest.Judged(t, playbook.ReadOnlyRoots()[0], definitions+"shop:8", map[string]playbooktest.Shape{
		"superseded": {Answers: revisions(2, containers(no))}, "ended": {Answers: revisions(1, containers(no))},
		"all ended": {Answers: revisions(0, containers(no)), Class: fault.Gone},
	})
}
