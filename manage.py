"""Entry point of every command; the installed `aefi` command is the same."""

from dashboards.project.cli import main

if __name__ == "__main__":
    main()
