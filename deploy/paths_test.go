package deploy_test

// identityPaths are published ways from some rights to all rights by changing who may do what. Each needs
// every one of its actions, so it is closed when one of them is denied on everything, without a condition.
func identityPaths() map[string][]string {
	return map[string][]string{
		"new policy version":        {"iam:CreatePolicyVersion"},
		"older policy version":      {"iam:SetDefaultPolicyVersion"},
		"key for another user":      {"iam:CreateAccessKey"},
		"password for another user": {"iam:CreateLoginProfile"},
		"another password":          {"iam:UpdateLoginProfile"},
		"second factor removed":     {"iam:DeactivateMFADevice"},
		"policy on a user":          {"iam:AttachUserPolicy"},
		"policy on a group":         {"iam:AttachGroupPolicy"},
		"policy on a role":          {"iam:AttachRolePolicy"},
		"inline policy on a user":   {"iam:PutUserPolicy"},
		"inline policy on a group":  {"iam:PutGroupPolicy"},
		"inline policy on a role":   {"iam:PutRolePolicy"},
		"boundary replaced":         {"iam:PutRolePermissionsBoundary"},
		"boundary removed":          {"iam:DeleteRolePermissionsBoundary"},
		"joining a group":           {"iam:AddUserToGroup"},
		"trust changed":             {"iam:UpdateAssumeRolePolicy", "sts:AssumeRole"},
		"another role":              {"sts:AssumeRole"},
		"another session":           {"sts:GetFederationToken"},
		"own identity provider":     {"iam:CreateSAMLProvider", "iam:UpdateAssumeRolePolicy"},
		"service credential":        {"iam:CreateServiceSpecificCredential"},
		"own certificate authority": {"rolesanywhere:CreateTrustAnchor"},
		"permission set":            {"sso:PutInlinePolicyToPermissionSet"},
		"cluster access":            {"eks:CreateAccessEntry", "eks:AssociateAccessPolicy"},
		"cluster groups":            {"eks:UpdateAccessEntry"},
		"identity pool":             {"cognito-identity:SetIdentityPoolRoles"},
	}
}

// codePaths are published ways to have code run with the rights of another role, or to read its secrets.
func codePaths() map[string][]string {
	return map[string][]string{
		"instance with a profile":     {"iam:PassRole", "ec2:RunInstances"},
		"profile on an instance":      {"ec2:AssociateIamInstanceProfile"},
		"profile replaced":            {"ec2:ReplaceIamInstanceProfileAssociation"},
		"role into a profile":         {"iam:AddRoleToInstanceProfile"},
		"start script of an instance": {"ec2:ModifyInstanceAttribute"},
		"launch template":             {"ec2:CreateLaunchTemplateVersion"},
		"launch configuration": {
			"iam:PassRole", "autoscaling:CreateLaunchConfiguration", "autoscaling:CreateAutoScalingGroup",
		},
		"launch configuration of a group": {
			"iam:PassRole", "autoscaling:CreateLaunchConfiguration", "autoscaling:UpdateAutoScalingGroup",
		},
		// Nobody has to start what starts by itself: by a schedule, a push, a service that replaces its tasks.
		"task definition of a service":    {"iam:PassRole", "ecs:RegisterTaskDefinition", "ecs:UpdateService"},
		"task definition that others run": {"iam:PassRole", "ecs:RegisterTaskDefinition"},
		"image of a build":                {"codebuild:UpdateProject"},
		"script of a job":                 {"iam:PassRole", "glue:UpdateJob"},
		"steps of a state machine":        {"states:UpdateStateMachine"},
		"environment of a function":       {"lambda:UpdateFunctionConfiguration"},
		// Of those alone that their owners have marked: TestFunctionsAreMarkedToBeCalled.
		"environment of a marked function, called": {"lambda:UpdateFunctionConfiguration", "lambda:InvokeFunction"},

		"key onto an instance":          {"ec2-instance-connect:SendSSHPublicKey"},
		"shell on an instance":          {"ssm:StartSession"},
		"command on an instance":        {"ssm:SendCommand"},
		"new function, invoked":         {"iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"},
		"new function, triggered":       {"iam:PassRole", "lambda:CreateFunction", "lambda:CreateEventSourceMapping"},
		"new function, opened":          {"iam:PassRole", "lambda:CreateFunction", "lambda:AddPermission"},
		"code of a function":            {"lambda:UpdateFunctionCode"},
		"function behind a URL":         {"lambda:CreateFunctionUrlConfig", "lambda:AddPermission"},
		"stack with a role":             {"iam:PassRole", "cloudformation:CreateStack"},
		"stack updated":                 {"cloudformation:UpdateStack"},
		"stack changed by a change set": {"cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"},
		"stack set":                     {"iam:PassRole", "cloudformation:CreateStackSet"},
		"development endpoint":          {"iam:PassRole", "glue:CreateDevEndpoint"},
		"key on a development endpoint": {"glue:UpdateDevEndpoint"},
		"glue job":                      {"iam:PassRole", "glue:CreateJob", "glue:StartJobRun"},
		"data pipeline": {
			"iam:PassRole", "datapipeline:CreatePipeline", "datapipeline:PutPipelineDefinition",
		},
		"build project":                   {"iam:PassRole", "codebuild:CreateProject", "codebuild:StartBuild"},
		"build with another script":       {"codebuild:StartBuild"},
		"task with a role":                {"iam:PassRole", "ecs:RegisterTaskDefinition", "ecs:RunTask"},
		"service with a role":             {"iam:PassRole", "ecs:RegisterTaskDefinition", "ecs:CreateService"},
		"another job, run":                {"iam:PassRole", "glue:UpdateJob", "glue:StartJobRun"},
		"another state machine, run":      {"states:UpdateStateMachine", "states:StartExecution"},
		"another build, run":              {"codebuild:UpdateProject", "codebuild:StartBuild"},
		"shell in a task":                 {"ecs:ExecuteCommand"},
		"batch job":                       {"batch:SubmitJob"},
		"notebook with a role":            {"iam:PassRole", "sagemaker:CreateNotebookInstance"},
		"notebook opened":                 {"sagemaker:CreatePresignedNotebookInstanceUrl"},
		"training job":                    {"iam:PassRole", "sagemaker:CreateTrainingJob"},
		"state machine with a role":       {"iam:PassRole", "states:CreateStateMachine"},
		"project from a template":         {"codestar:CreateProject", "codestar:AssociateTeamMember"},
		"code interpreter":                {"bedrock-agentcore:InvokeCodeInterpreter"},
		"stored secret":                   {"secretsmanager:GetSecretValue"},
		"password of a Windows instance":  {"ec2:GetPasswordData"},
		"password of a warehouse":         {"redshift:GetClusterCredentials"},
		"account leaves its organization": {"organizations:LeaveOrganization"},
	}
}
