package ecs_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	playbook "github.com/salve-security/salve/functions/playbooks/ecs"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

const services = "arn:aws:ecs:us-east-1:222222222222:service/"

// parts are the names of cluster and service.
func parts(resource string) (cluster, service *string) {
	a, b, _ := strings.Cut(strings.TrimPrefix(resource, services), "/")
	return &a, &b
}

// newService is one of Fargate without tasks, which have public addresses on an old platform.
func newService(ctx context.Context, t *testing.T, root aws.Config) string {
	t.Helper()
	client, name := ecs.NewFromConfig(root), aws.String("suite-"+rand.Text())
	playbooktest.Got(client.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: name}))(t)
	playbooktest.Got(client.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{
		Family: name, NetworkMode: types.NetworkModeAwsvpc, Cpu: aws.String("256"), Memory: aws.String("512"),
		RequiresCompatibilities: []types.Compatibility{types.CompatibilityFargate},
		ContainerDefinitions:    []types.ContainerDefinition{{Name: aws.String("web"), Image: aws.String("web")}},
	}))(t)
	playbooktest.Got(client.CreateService(ctx, &ecs.CreateServiceInput{
		Cluster:         name,
		ServiceName:     name,
		TaskDefinition:  name,
		LaunchType:      types.LaunchTypeFargate,
		DesiredCount:    aws.Int32(0),
		PlatformVersion: aws.String("1.3.0"), NetworkConfiguration: network(types.AssignPublicIpEnabled),
	}))(t)
	return services + *name + "/" + *name
}

func network(public types.AssignPublicIp) *types.NetworkConfiguration {
	return &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{
		Subnets: []string{"subnet-1"}, SecurityGroups: []string{"sg-1"}, AssignPublicIp: public,
	}}
}

func update(change func(in *ecs.UpdateServiceInput)) playbooktest.Act {
	return func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
		t.Helper()
		in := &ecs.UpdateServiceInput{}
		in.Cluster, in.Service = parts(resource)
		change(in)
		playbooktest.Got(ecs.NewFromConfig(root).UpdateService(ctx, in))(t)
	}
}

func TestServices(t *testing.T) {
	playbooktest.Family(t, playbook.Services(), func(c control.Control) playbooktest.Suite {
		suite := playbooktest.Suite{
			Control: c, Seed: newService,
			Foreign: []string{
				services + "*", services + "shop/*", services + "web", services + "shop/web/1",
				"arn:aws:ecs:us-east-1:222222222222:task-definition/web:1",
			},
			Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
				t.Helper()
				cluster, service := parts(resource)
				now := playbooktest.Got(ecs.NewFromConfig(root).DescribeServices(ctx, &ecs.DescribeServicesInput{
					Cluster: cluster, Services: []string{*service},
				}))(t).Services[0]
				vpc := now.NetworkConfiguration.AwsvpcConfiguration
				return []any{
					vpc.AssignPublicIp, vpc.Subnets[0], vpc.SecurityGroups[0], aws.ToString(now.PlatformVersion),
					aws.ToInt32(now.HealthCheckGracePeriodSeconds),
				}
			},
			Unrelated: update(func(in *ecs.UpdateServiceInput) { in.HealthCheckGracePeriodSeconds = aws.Int32(7) }),
			Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
				t.Helper()
				cluster, service := parts(resource)
				playbooktest.Got(ecs.NewFromConfig(root).DeleteService(ctx, &ecs.DeleteServiceInput{
					Cluster: cluster, Service: service, Force: aws.Bool(true),
				}))(t)
			},
		}
		if c.ID == "ECS.10" {
			suite.Disturb = update(func(in *ecs.UpdateServiceInput) { in.PlatformVersion = aws.String("1.3.1") })
		} else {
			suite.Skip = map[string]string{playbooktest.CaseDrift: "the setting has two values, and both are ours"}
		}
		return suite
	})
}

func TestLineOfServices(t *testing.T) {
	shape := func(change func(s *types.Service)) playbooktest.StandIn {
		s := types.Service{
			Status: aws.String("ACTIVE"), LaunchType: types.LaunchTypeFargate, NetworkConfiguration: network("DISABLED"),
			PlatformVersion: aws.String("LATEST"), PlatformFamily: aws.String("Linux"),
		}
		change(&s)
		return playbooktest.Answers(&ecs.DescribeServicesOutput{Services: []types.Service{s}})
	}
	platform := func(version, family string) playbooktest.StandIn {
		return shape(func(s *types.Service) { s.PlatformVersion, s.PlatformFamily = &version, &family })
	}
	for id, shapes := range map[string]map[string]playbooktest.Shape{
		"ECS.2": {
			"public":     {Answers: shape(func(s *types.Service) { s.NetworkConfiguration = network("ENABLED") }), Fails: true},
			"no network": {Answers: shape(func(s *types.Service) { s.NetworkConfiguration = nil })},
			"not said":   {Answers: shape(func(s *types.Service) { s.NetworkConfiguration = network("") })},
			"by CodeDeploy": {Class: fault.Refused, Words: []string{"CODE_DEPLOY"}, Answers: shape(func(s *types.Service) {
				s.NetworkConfiguration = network("ENABLED")
				s.DeploymentController = &types.DeploymentController{Type: types.DeploymentControllerTypeCodeDeploy}
			})},
		},
		"ECS.10": {
			"old": {Answers: platform("1.3.0", "Linux"), Fails: true}, "newest": {Answers: platform("1.4.0", "Linux")},
			"newest of Windows": {Answers: platform("1.0.0", "Windows Server 2022 Core")},
			"old of Linux":      {Answers: platform("1.0.0", "Linux"), Fails: true},
			"not said": {
				Answers: shape(func(s *types.Service) { s.PlatformVersion = nil }), Class: fault.Invalid,
			},
			"on EC2": {Answers: shape(func(s *types.Service) {
				s.LaunchType, s.PlatformVersion = types.LaunchTypeEc2, aws.String("1.3.0")
			})},
		},
	} {
		shapes["good"] = playbooktest.Shape{Answers: shape(func(*types.Service) {})}
		shapes["deleted"] = playbooktest.Shape{
			Answers: shape(func(s *types.Service) { s.Status = aws.String("INACTIVE") }), Class: fault.Gone,
		}
		shapes["none"] = playbooktest.Shape{
			Answers: playbooktest.Answers(&ecs.DescribeServicesOutput{}), Class: fault.Invalid,
		}
		playbooktest.Judged(t, playbooktest.Pick(t, playbook.Services(), id), services+"shop/web", shapes)
	}
}
