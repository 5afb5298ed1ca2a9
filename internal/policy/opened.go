package policy

// Opened are the actions that choose what code runs as which role, or have it run, and that controls cannot do without,
// each with the controls that may declare it: a closed list. What binds them is that a run's session has one resource
// and the roles and functions that were read of it; the role itself has neither, which docs/security.md says.
func Opened() map[string][]string {
	return map[string][]string{
		"autoscaling:CreateLaunchConfiguration": {"AutoScaling.3", "Autoscaling.5"},
		"codebuild:UpdateProject":               {"CodeBuild.2", "CodeBuild.3", "CodeBuild.4", "CodeBuild.5"},
		"ec2:CreateLaunchTemplateVersion":       {"EC2.25", "EC2.170", "EC2.181"},
		"ecs:RegisterTaskDefinition": {
			"ECS.1", "ECS.3", "ECS.4", "ECS.5", "ECS.8", "ECS.9", "ECS.17", "ECS.18", "ECS.20", "ECS.21",
		},
		"glue:UpdateJob":                     {"Glue.4"},
		"lambda:InvokeFunction":              {"SecretsManager.1", "SecretsManager.4"}, // of functions that are marked for it
		"lambda:UpdateFunctionConfiguration": {"Lambda.2", "Lambda.7"},                 // its environment can hold code
		"states:UpdateStateMachine":          {"StepFunctions.1"},
	}
}
