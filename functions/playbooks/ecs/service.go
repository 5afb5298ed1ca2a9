// Package ecs holds the playbooks for Amazon ECS.
package ecs

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// serviceARN accepts services whose ARN names the cluster, "shop/web": the oldest do not.
var serviceARN = regexp.MustCompile(
	`^arn:aws[a-z-]*:ecs:[a-z0-9-]+:\d{12}:service/([A-Za-z0-9_-]{1,255}/[A-Za-z0-9_-]{1,255})$`)

// setting is one value of a service, empty where AWS does not look at it. ECS starts the service's tasks anew for it.
type setting struct {
	name   string
	value  func(s *types.Service) (string, error)
	wanted string
	put    func(in *ecs.UpdateServiceInput, s *types.Service, to string)
}

// Services returns the controls that are met by one setting of a service.
func Services() []control.Control { return []control.Control{publicAddresses(), platform()} }

func publicAddresses() control.Control {
	return setting{
		name: "AssignPublicIp", wanted: string(types.AssignPublicIpDisabled),
		value: func(s *types.Service) (string, error) {
			if s.NetworkConfiguration == nil || s.NetworkConfiguration.AwsvpcConfiguration == nil {
				return "", nil
			}
			return string(s.NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp), nil
		},
		put: func(in *ecs.UpdateServiceInput, s *types.Service, to string) {
			vpc := *s.NetworkConfiguration.AwsvpcConfiguration
			vpc.AssignPublicIp = types.AssignPublicIp(to)
			in.NetworkConfiguration = &types.NetworkConfiguration{AwsvpcConfiguration: &vpc}
		},
	}.control(control.Info{
		ID: "ECS.2",
		Effect: "ECS starts the tasks of the service anew, without public addresses. They reach registries, secrets and " +
			"logs through a NAT gateway or endpoints of the VPC only: where there is none, no new task starts, and the old " +
			"ones run on as long as the deployment settings let them. Look at the routes of the subnets first.",
		Fails: control.Fails{
			When:   "The service gives its tasks public addresses (AssignPublicIp is ENABLED).",
			Rule:   "ecs-service-assign-public-ip-disabled",
			Custom: true,
		},
		Impact: control.ImpactInterrupts,
	})
}

func platform() control.Control {
	return setting{
		name: "PlatformVersion", wanted: "LATEST",
		value: func(s *types.Service) (string, error) {
			if s.LaunchType != types.LaunchTypeFargate {
				return "", nil
			}
			newest := "1.4.0"
			if strings.HasPrefix(strings.ToLower(aws.ToString(s.PlatformFamily)), "windows") {
				newest = "1.0.0"
			}
			v, err := kind.Answered(s.PlatformVersion, "DescribeServices", "the platform version")
			if err != nil || v == newest { // AWS takes it for the latest
				return "", err
			}
			return v, nil
		},
		put: func(in *ecs.UpdateServiceInput, _ *types.Service, to string) { in.PlatformVersion = &to },
	}.control(control.Info{
		ID: "ECS.10",
		Effect: "ECS starts the tasks of the service anew, on the newest platform version. Tasks that count on the old one " +
			"may fail: from 1.4.0 on they pull images and log through the task's own interface, which endpoints of the VPC " +
			"and security groups have to let.",
		Fails: control.Fails{
			When: "A service with the launch type Fargate has another platform version than LATEST, 1.4.0 on Linux or 1.0.0 " +
				"on Windows.",
			Rule: "ecs-fargate-latest-platform-version",
		},
		Impact: control.ImpactInterrupts,
	})
}

func (s setting) control(info control.Info) control.Control {
	info.Pattern = serviceARN
	info.Actions = []string{"ecs:DescribeServices", "ecs:UpdateService"}
	info.Writes = "ecs.service." + s.name
	info.Settle = control.Settle{Typical: 15 * time.Second, Within: 10 * time.Minute}
	return kind.Setting[string]{
		Name: s.name,
		Get: func(ctx context.Context, env control.Env) (string, error) {
			found, err := describe(ctx, env)
			if err != nil {
				return "", err
			}
			now, err := s.value(&found)
			if err != nil {
				return "", err
			}
			if by := found.DeploymentController; now != "" && now != s.wanted && by != nil &&
				by.Type != types.DeploymentControllerTypeEcs {
				return "", fault.New(fault.Refused, "the tasks of the service are deployed by %s: change it there, with its next "+
					"deployment", by.Type)
			}
			return now, nil
		},
		Want: func(now string, _ control.Env) (string, error) {
			if now == "" {
				return "", nil
			}
			return s.wanted, nil
		},
		Set: func(ctx context.Context, env control.Env, to string) error {
			found, err := describe(ctx, env)
			if err != nil {
				return err
			}
			in := &ecs.UpdateServiceInput{Cluster: aws.String(cluster(env)), Service: aws.String(service(env))}
			s.put(in, &found, to)
			_, err = ecs.NewFromConfig(env.Config).UpdateService(ctx, in)
			return err
		},
	}.Control(info)
}

func cluster(env control.Env) string { return env.Name[:strings.Index(env.Name, "/")] }
func service(env control.Env) string { return env.Name[strings.Index(env.Name, "/")+1:] }

func describe(ctx context.Context, env control.Env) (types.Service, error) {
	out, err := ecs.NewFromConfig(env.Config).DescribeServices(ctx, &ecs.DescribeServicesInput{
		Cluster: aws.String(cluster(env)), Services: []string{service(env)},
	})
	if err != nil {
		return types.Service{}, err
	}
	for _, f := range out.Failures {
		if aws.ToString(f.Reason) == "MISSING" {
			return types.Service{}, fault.New(fault.Gone, "ECS knows no service %s", env.Name)
		}
	}
	found, err := kind.Only(out.Services, "DescribeServices", "services", env.Name)
	if err != nil {
		return types.Service{}, err
	}
	if is := aws.ToString(found.Status); is == "INACTIVE" || is == "DRAINING" { // ECS shows one that is deleted
		return types.Service{}, fault.New(fault.Gone, "the service is %s", is)
	}
	return found, nil
}
