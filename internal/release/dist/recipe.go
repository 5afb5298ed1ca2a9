package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"

	"github.com/salve-security/salve/deploy"
	"github.com/salve-security/salve/internal/release"
)

// The archive with the Terraform modules, and the folder in it.
const (
	modulesFile   = "salve-terraform.tar.gz"
	modulesFolder = "salve/"
)

// recipe says what a release is made of.
type recipe struct {
	functions     []function
	architectures []string
	commandLine   string // import path; empty leaves it and the Terraform modules out
	platforms     []release.Platform
	version       string
	license       string            // path of its text, which archives have beside the program
	told          map[string]string // folders of this machine that no program may name, filled in by check
}

// function is a program that Lambda runs.
type function struct{ name, path string } // path is what Go imports it by

// file and commandLineName are names of files without what they end in.
func (f function) file(arch string) string             { return f.name + "-" + arch }
func commandLineName(platform release.Platform) string { return "salve-" + platform.String() }

// write builds everything and puts it into the folder.
func (r recipe) write(ctx context.Context, out string) error {
	files := map[string][]byte{}
	for name, template := range templates() {
		files[name] = []byte(template)
	}
	for _, arch := range r.architectures {
		for _, f := range r.functions {
			name := f.file(arch)
			program, err := r.build(ctx, f.path, release.Lambda(arch), name, files)
			if err != nil {
				return err
			}
			if files[name+".zip"], err = release.Zip(program); err != nil {
				return err
			}
			fmt.Printf("%s/%s.zip  %s, %.1f MB\n", out, name, r.version, float64(len(files[name+".zip"]))/1e6)
		}
	}
	if r.commandLine != "" {
		if err := r.forPeople(ctx, out, files); err != nil {
			return err
		}
	}
	return release.Write(out, files)
}

// templates are those of CloudFormation, by their names in a release.
func templates() map[string]string {
	return map[string]string{
		"hub.yaml": deploy.Hub(), "member.yaml": deploy.Member(), "organization.yaml": deploy.Organization(),
	}
}

// build compiles a program and adds its list of modules.
func (r recipe) build(
	ctx context.Context, path string, platform release.Platform, name string, files map[string][]byte,
) ([]byte, error) {
	program, err := release.Build(ctx, release.Options{Package: path, Platform: platform, Version: r.version})
	if err != nil {
		return nil, err
	}
	files[name+".cdx.json"], err = release.BOM(program, r.version)
	return program, err
}

// forPeople adds what people download: the command line for each platform, and the Terraform modules.
func (r recipe) forPeople(ctx context.Context, out string, files map[string][]byte) error {
	license, err := os.ReadFile(r.license)
	if err != nil {
		return fmt.Errorf("licence: %w", err)
	}
	for _, platform := range r.platforms {
		name := commandLineName(platform)
		program, err := r.build(ctx, r.commandLine, platform, name, files)
		if err != nil {
			return err
		}
		packed, err := release.Tar([]release.File{
			{Name: "salve", Content: program, Program: true}, {Name: "LICENSE", Content: license},
		})
		if err != nil {
			return err
		}
		files[name+".tar.gz"] = packed
		fmt.Printf("%s/%s.tar.gz  %s, %.1f MB\n", out, name, r.version, float64(len(packed))/1e6)
	}
	modules, err := terraformFiles(license)
	if err != nil {
		return err
	}
	files[modulesFile], err = release.Tar(modules)
	return err
}

// terraformFiles are the modules with the templates where they look for them.
func terraformFiles(license []byte) ([]release.File, error) {
	out := []release.File{
		{Name: modulesFolder + "LICENSE", Content: license},
		{Name: modulesFolder + "hub.yaml", Content: []byte(deploy.Hub())},
		{Name: modulesFolder + "member.yaml", Content: []byte(deploy.Member())},
	}
	err := fs.WalkDir(deploy.Terraform(), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(deploy.Terraform(), path)
		if err != nil {
			return fmt.Errorf("read the Terraform modules: %w", err)
		}
		out = append(out, release.File{Name: modulesFolder + path, Content: content})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the Terraform modules: %w", err)
	}
	return out, nil
}
