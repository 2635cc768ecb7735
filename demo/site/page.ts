import { toggleTheme } from './theme.ts'

document.querySelector('[data-theme-button]')?.addEventListener('click', toggleTheme)
