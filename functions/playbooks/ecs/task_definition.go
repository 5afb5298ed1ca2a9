package ecs

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// definitionARN accepts revisions of task definitions. All of a family are one thing here: what changes is which of
// them is the newest.
var definitionARN = regexp.MustCompile(
	`^arn:aws[a-z-]*:ecs:[a-z0-9-]+:\d{12}:task-definition/([A-Za-z0-9_-]{1,255}):[1-9]\d{0,9}$`)

// definition is the newest revision of a family that is active. A change is another revision.
type definition struct {
	ReadOnly map[string]bool // the root file system, by container
	Active   bool            // the revision that the finding names

	Newest bool     `salve:"fact"` // it is the one that the finding names
	Number int      `salve:"fact"` // of the newest
	Roles  []string `salve:"fact"` // of the tasks, by ARN
	Unseen bool     `salve:"fact"` // AWS does not look at it: Windows
}

// ReadOnlyRoots returns the control that has containers write to volumes alone.
func ReadOnlyRoots() []control.Control {
	return []control.Control{control.Of[definition]{
		Info: control.Info{
			ID: "ECS.5", Writes: "ecs.task-definition",
			Effect: "A new revision of the task definition makes the root file system of every container read-only, and the " +
				"old one is deregistered. Containers that write anywhere but to volumes fail with it: look first at logs, " +
				"caches, /tmp and pid files. Services and tasks go on with the old revision until somebody updates them to the " +
				"new one; what starts tasks by the family's name gets the new one at once, and what names the old revision " +
				"(schedules, pipelines, rollbacks) starts none any more.",
			Fails: control.Fails{
				When: "A container of the family's newest active revision has a root file system that it may write to: " +
					"readonlyRootFilesystem is false or not set. Older revisions and tasks on Windows do not count.",
				Rule: "ecs-containers-readonly-access",
			},
			Impact:  control.ImpactInterrupts,
			Pattern: definitionARN,
			Actions: []string{
				"ecs:DeregisterTaskDefinition", "ecs:DescribeTaskDefinition", "ecs:ListTaskDefinitions",
				"ecs:RegisterTaskDefinition", "ecs:TagResource",
			},
			Passes: []string{"ecs-tasks.amazonaws.com"},
			OneWay: map[string]string{"Active": "ECS activates no revision again: an undo registers a copy of it"},
			Settle: control.Settle{Typical: 5 * time.Second, Within: time.Minute},
			// AWS limits the end of a revision to no resource; the roles that a run gives away are those of this family.
			WholeAccount: true,
			Lock:         func(env control.Env) []string { return []string{env.Target.ARN("ecs", "task-definition/"+env.Name)} },
		},
		Read: readDefinition, Write: writeDefinition,
		Want: func(now definition, _ control.Env) (definition, error) {
			if !now.Newest || now.Unseen {
				return now, nil // AWS looks at another revision, or at none
			}
			for name, is := range now.ReadOnly {
				if !is {
					now.ReadOnly[name], now.Active = true, false
				}
			}
			return now, nil
		},
		Passed: func(_ control.Env, from, _ definition) []string { return from.Roles },
	}.Control()}
}

func readDefinition(ctx context.Context, env control.Env) (definition, error) {
	now, client := definition{ReadOnly: map[string]bool{}}, ecs.NewFromConfig(env.Config)
	named, err := revision(ctx, client, env.Target.Resource)
	if err != nil {
		return now, err
	}
	now.Active = named.TaskDefinition.Status == types.TaskDefinitionStatusActive
	newest, err := newestOf(ctx, client, env.Name)
	if err != nil {
		return now, err
	}
	of := newest.TaskDefinition
	now.Number, now.Newest = int(of.Revision), of.Revision == named.TaskDefinition.Revision
	if p := of.RuntimePlatform; p != nil {
		now.Unseen = strings.HasPrefix(string(p.OperatingSystemFamily), "WINDOWS")
	}
	for _, c := range of.ContainerDefinitions {
		now.ReadOnly[aws.ToString(c.Name)] = aws.ToBool(c.ReadonlyRootFilesystem)
	}
	for _, role := range []*string{of.ExecutionRoleArn, of.TaskRoleArn} {
		if name := aws.ToString(role); name != "" && !strings.HasPrefix(name, "arn:") { // ECS takes both
			now.Roles = append(now.Roles, env.Target.GlobalARN("iam", "role/"+name))
		} else if name != "" {
			now.Roles = append(now.Roles, name)
		}
	}
	return now, nil
}

// revision is a revision by its ARN, or the newest active one by the family's name. A family without any is gone.
func revision(ctx context.Context, client *ecs.Client, name string) (*ecs.DescribeTaskDefinitionOutput, error) {
	out, err := client.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{
		TaskDefinition: &name, Include: []types.TaskDefinitionField{types.TaskDefinitionFieldTags},
	})
	if err != nil && strings.Contains(err.Error(), "Unable to describe task definition") { // it has no code of its own
		return nil, fault.Wrap(fault.Gone, err)
	}
	if err != nil {
		return nil, err
	}
	if out.TaskDefinition == nil {
		return nil, fault.New(fault.Invalid, "DescribeTaskDefinition answered without the revision %s", name)
	}
	return out, nil
}

// newestOf is the newest active revision of a family.
func newestOf(ctx context.Context, client *ecs.Client, family string) (*ecs.DescribeTaskDefinitionOutput, error) {
	list, err := client.ListTaskDefinitions(ctx, &ecs.ListTaskDefinitionsInput{
		FamilyPrefix: &family, Status: types.TaskDefinitionStatusActive, Sort: types.SortOrderDesc,
	})
	if err != nil {
		return nil, err
	}
	best, number := "", 0
	for _, arn := range list.TaskDefinitionArns {
		at := strings.LastIndex(arn, ":")
		if n, err := strconv.Atoi(arn[at+1:]); err == nil && n > number && strings.HasSuffix(arn[:at], "/"+family) {
			best, number = arn, n
		}
	}
	if best == "" {
		return nil, fault.New(fault.Gone, "the family %s has no active revision", family)
	}
	return revision(ctx, client, best)
}

// writeDefinition registers the newest revision anew with what changes, then ends the one that the finding names.
func writeDefinition(ctx context.Context, env control.Env, from, to definition) error {
	client := ecs.NewFromConfig(env.Config)
	newest, err := newestOf(ctx, client, env.Name)
	if err != nil {
		return err
	}
	in, changed, err := copyOf(newest, from, to)
	if err != nil {
		return err
	}
	if changed {
		if _, err := client.RegisterTaskDefinition(ctx, in); err != nil {
			return err
		}
	}
	if to.Active || !from.Active {
		return nil
	}
	named, err := revision(ctx, client, env.Target.Resource)
	if err != nil || named.TaskDefinition.Status != types.TaskDefinitionStatusActive {
		return err
	}
	_, err = client.DeregisterTaskDefinition(ctx, &ecs.DeregisterTaskDefinitionInput{TaskDefinition: &env.Target.Resource})
	return err
}

// copyOf is all of a revision, with its tags, that ECS takes for another one; changed is false where that one is as it
// should be already. What ECS answers has the names of what it takes, and more besides.
func copyOf(of *ecs.DescribeTaskDefinitionOutput, from, to definition) (
	in *ecs.RegisterTaskDefinitionInput, changed bool, err error,
) {
	text, err := json.Marshal(of.TaskDefinition)
	if err == nil {
		err = json.Unmarshal(text, &in)
	}
	if err != nil {
		return nil, false, fmt.Errorf("copy the revision %d: %w", of.TaskDefinition.Revision, err)
	}
	if in.Tags = of.Tags; len(in.Tags) == 0 {
		in.Tags = nil // ECS takes no empty list
	}
	for i := range in.ContainerDefinitions {
		c := &in.ContainerDefinitions[i]
		name := aws.ToString(c.Name)
		want, there := to.ReadOnly[name]
		if !there || from.ReadOnly[name] == want || aws.ToBool(c.ReadonlyRootFilesystem) == want {
			continue
		}
		c.ReadonlyRootFilesystem, changed = &want, true
	}
	return in, changed, nil
}
